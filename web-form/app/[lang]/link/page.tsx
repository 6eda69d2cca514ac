import { LinkPage } from "@/components/LinkPage";

export default function Page() {
  return <LinkPage />;
}
