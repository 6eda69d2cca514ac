import { SupportPage } from "@/components/SupportPage";

export default function Page() {
  return <SupportPage />;
}
