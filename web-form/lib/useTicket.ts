import { useEffect, useRef, useState } from "react";
import { apiClient } from "./api";
import { type Opener, type Ticket, type Watched, watchTicket } from "./watchTicket";

/** Watch a ticket for as long as the component is there. */
export function useTicket(opener: Opener, endpoint?: string) {
  const [ticket, setTicket] = useState<Ticket | null>(null);
  const [state, setState] = useState<Watched>("loading");
  const look = useRef(() => {});
  const { number, token } = opener;

  useEffect(() => {
    const watch = watchTicket(apiClient(endpoint), { number, token }, { onTicket: setTicket, onState: setState });
    look.current = watch.look;
    return watch.stop;
  }, [number, token, endpoint]);

  return { ticket, state, look: () => look.current() };
}
