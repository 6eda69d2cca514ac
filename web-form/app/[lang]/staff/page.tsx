import { Desk } from "@/components/staff/Desk";

export default function Page() {
  return <Desk />;
}
