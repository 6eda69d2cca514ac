import { RatePage } from "@/components/RatePage";

export default function Page() {
  return <RatePage />;
}
