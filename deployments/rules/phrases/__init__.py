"""The phrases of the escalation rules. Measure a change with `python -m evaluation.escalation`.

Each entry is a regular expression over one sentence of text that `wording.plain` has normalised: lower case, no
accents, no apostrophes ("don't" is `dont`), one space between words, `$29` written as `29 dollars`. `~3` stands for
up to three words, `<people>` for a list of WORD_LISTS. Entries match whole words only. OURSELVES
stands for every name of the company.
"""

from __future__ import annotations

from deployments.rules.phrases import human_request, legal, pricing, refund

OURSELVES = "ourcompany"
"""What `wording` puts in the place of the company's names."""

_CLASSES = {"legal": legal, "refund": refund, "pricing": pricing, "human_request": human_request}
REQUESTS = {name: phrases.REQUESTS for name, phrases in _CLASSES.items()}
FOREIGN = {name: phrases.FOREIGN for name, phrases in _CLASSES.items()}
MENTIONS = {name: phrases.MENTIONS for name, phrases in _CLASSES.items()}
PRODUCT = {name: phrases.PRODUCT for name, phrases in _CLASSES.items()}

WORD_LISTS = {
    "plans": (
        "starter|professional|enterprise|pro|plan|plans|subscription|licen[cs]es?|seats?|users?|upgrade|"
        "upgrading|ourcompany"
    ),
    "money": "money|cash|deposits?|payments?|funds|dollars|bucks|euros?|pounds|usd|eur|amount|sum|fee|difference|rest|"
    "balance",
    "people": (
        "humans?|humain|person|people|agents?|representatives?|reps?|someone|somebody|some1|sum1|anyone|"
        "anybody|operators?|supervisors?|managers?|management|boss|director|ceo|owner|advis[oe]rs?|"
        "consultant|specialists?|experts?|engineers?|technicians?|employees?|staff|colleagues?|customer "
        "(?:service|support|care)|support|help ?desk|team|member of|in charge"
    ),
    "counsel": (
        "lawyers?|attorneys?|solicitors?|barristers?|counsel|legal (?:team|department|counsel|"
        "representatives?|advis[oe]rs?)"
    ),
    "bots": (
        "bots?|robots?|chat ?bots?|ai|machines?|computers?|programs?|algorithms?|auto ?repl(?:y|ies)|auto ?responder"
    ),
    "my_case": (
        "me|us|this|it|(?:my|our|the|this) (?:case|ticket|request|message|issue|problem|call|chat|question|"
        "complaint|matter)"
    ),
}
"""The alternatives that `<name>` in a phrase stands for."""

HOW_TO = (
    "(?:how (?:do|can|could|would|should|to|2|does|i|we)|where (?:do|can|is|are|should)|can (?:i|we|one|"
    "guests|members|admins)|could (?:i|we)|may (?:i|we)|is there (?:a|any) (?:way|option|setting|template)|"
    "is it possible|are we able|am i able|what is the (?:best )?way|i am trying|im trying|we are trying|i "
    "want to|we want to|id like to|we would like to|i would like to|we need to|i need to|please explain how) "
    "(?:i |we |you |one |to |for us |for me |someone |in |ourcompany |a |an |the )*(?:add|create|make the|"
    "write|put|import|export|filter|sort|rename|show|hide|track|build|make a (?:form|board|report|field|"
    "template|task|view|chart|dashboard|column)|set|set up|configure|label|tag|sum|calculate|assign|link|"
    "invite|restrict|change|edit|delete|remove|move|map|turn on|turn off|enable|disable|upload|attach|"
    "automate|manage|record|display|format|group|search|use|route|restore|customi[sz]e|collect|log|see which|"
    "list|mark|colou?r|archive|duplicate|copy|embed|sync|integrate|model|organi[sz]e|plan|store|enter)"
)
"""The start of a question about using the product: a request in the same sentence counts as a mention."""

KEYWORDS = (
    "refund", "refunds", "refunded", "reimburse", "reimbursement", "money", "pricing", "price", "prices",
    "discount", "discounts", "quotation", "charged", "lawyer", "lawyers", "attorney", "solicitor", "lawsuit",
    "subpoena", "legal", "human", "agent", "person", "representative", "manager", "supervisor", "operator",
    "connect", "expensive", "transfer", "someone", "litigation", "chargeback", "robot", "speak", "negotiate",
    "twice", "payment", "counsel", "compensation", "subscription", "complaint", "billed", "cheaper", "cheapest",
)  # fmt: skip
"""Words whose misspellings are corrected: one letter missing, added, wrong or swapped."""

NOT_MISSPELT = frozenset({
    "agente", "agents", "argent", "attorneys", "billet", "billeted", "bullied", "changed", "charge", "charger",
    "charges", "charred", "charted", "cheapen", "cheater", "complain", "complains", "complaints", "compliant",
    "connects", "counsels", "discounted", "expansive", "extensive", "filled", "gilled", "honey", "humain", "humana",
    "humane", "humani", "humano", "humans", "hunan", "killed", "lawsuits", "layer", "layers", "legale", "legali",
    "legals", "manage", "managed", "managers", "manages", "milled", "monet", "moneys", "monkey", "monty",
    "negotiated", "negotiates", "operador", "operatore", "operators", "parson", "payments", "peak", "pearson",
    "persona", "persone", "persons", "pilled", "priced", "pricer", "pricey", "pricier", "prick", "pride", "prime",
    "prince", "princes", "prize", "prized", "prizes", "regal", "representatives", "rice", "robots", "root",
    "sawyer", "sneak", "spark", "speaks", "spear", "speck", "spoke", "steak", "subscriptions", "supervisors",
    "supervisory", "tilled", "transfere", "transfers", "transfert", "willed",
})  # fmt: skip
"""Real words, also of other languages, within one edit of a keyword: they are not corrected."""
