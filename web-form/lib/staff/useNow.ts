"use client";

import { useEffect, useState } from "react";

/** The present moment in milliseconds, again every half minute: for clocks that run. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
