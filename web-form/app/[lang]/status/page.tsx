import { StatusPage } from "@/components/StatusPage";

export default function Page() {
  return <StatusPage />;
}
