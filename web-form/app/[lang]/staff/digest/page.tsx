import { DigestPage } from "@/components/staff/digest/DigestPage";

export default function Page() {
  return <DigestPage />;
}
