// The page of a one-time link. Opening it changes nothing; only the button confirms.

import { post, submissionKeys } from "./api.js";
import { byId, notice } from "./fields.js";

const OTHER = { email: "the WhatsApp number that ", number: "the e-mail address that " };
const DONE = {
  linked: ["They are linked", "Your address and your number are one customer for us now."],
  confirmed: ["Confirmed", "Now open the other link that we sent, and confirm there too. Then they are linked."],
};
const keyOf = submissionKeys();
const token = location.hash.slice(1);
const body = JSON.stringify({ token }); // in the body, not in a URL: proxies log URLs

function failed(error) {
  byId("question").hidden = true;
  notice(error.status === 404 ? "This link was used already, or it has expired." : error.message, "bad");
}

function show(offer) {
  notice("");
  byId("yours").textContent = offer.yours;
  byId("other").textContent = OTHER[offer.side] + offer.other;
  byId("question").hidden = false;
  byId("title").focus();
}

async function confirm() {
  byId("confirm").disabled = true;
  byId("progress").textContent = "One moment…";
  try {
    const { status } = await post("/identity/links/confirm", body, keyOf(body), () => {
      byId("progress").textContent = "We are busy; trying again…";
    });
    [byId("done-title").textContent, byId("done-text").textContent] = DONE[status];
    byId("question").hidden = true;
    byId("done").hidden = false;
    byId("done-title").focus();
  } catch (error) {
    failed(error);
  }
}

byId("confirm").addEventListener("click", confirm);
if (token) post("/identity/links/look", body, keyOf(body), () => notice("We are busy; trying again…", false)).then(show, failed);
else notice("This page is opened by a link that we sent.", "bad");
