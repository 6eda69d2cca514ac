// What the tests of the customers' pages share.

/** The address of a ticket's page. */
export const ticketPath = (url, { number, token }) => `${url}/status#${number}:${token}`;

/** Serve a page of another site that has the widget. */
export async function embed(context, url, origin, attributes) {
  const tag = `<script src="${url}/widget.js" ${attributes} async></script>`;
  const body = `<!doctype html><html lang="en"><head><title>A shop</title></head><body><main><h1>A shop</h1><p>Shoes.</p></main>${tag}</body></html>`;
  const policy = `default-src 'none'; script-src ${url}; connect-src ${url}`; // strict: no inline styles either
  await context.route(`${origin}/shop`, (route) =>
    route.fulfill({ contentType: "text/html", headers: { "Content-Security-Policy": policy }, body }),
  );
}
