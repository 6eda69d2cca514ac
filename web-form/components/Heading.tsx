import type { Ref } from "react";

/** A page's title and the sentence below it. */
export function Heading({
  title,
  lead,
  titleRef,
}: {
  title: string;
  lead?: string;
  titleRef?: Ref<HTMLHeadingElement>;
}) {
  return (
    <>
      <h1
        ref={titleRef}
        tabIndex={-1}
        className="mb-2 text-2xl leading-tight font-bold wrap-anywhere focus:outline-none sm:text-3xl"
      >
        {title}
      </h1>
      {lead && <p className="mb-6 max-w-2xl text-lg text-soft">{lead}</p>}
    </>
  );
}
