"""Phrases of pricing: prices, quotations, discounts."""

from __future__ import annotations

REQUESTS = (
    "(?:which|what) ~3 costs? (?:more|less|most|least)",
    (
        "how much (?:is|are|s|for|4|would|will|wud|does|do|did|to) ~5 (?:<plans>|it|that|this|months?|year|"
        "monthly|yearly|annually)"
    ),
    "how much (?:is|are|s) (?:an?|one|delivery|shipping|postage|parking|entry|admission)",
    "how much ~8 (?:costs?|charge|charged|charging|pay|paying|owe|spend)",
    "how much (?:do|does|would|will|shall) (?:you|u|ourcompany)",
    "how much (?:money|more expensive|dollars|more would|extra)",
    (
        "(?:what|whats|wats|wat)(?: is| are| was| were| will be| would be| s)?(?: the| your| ur| our| a| "
        "current| exact| total| monthly| annual| yearly| per| seat| user| new| full| real| actual| going)* "
        "(?:prices?|pricing|costs?|costing|fees?|rates|tariffs?)"
    ),
    "what (?:does|do|would|will|did) ~6 (?:costs?|charge)",
    "what (?:would|will|do|must|shall) (?:i|we) ~2 pay",
    "(?:your|ur|ourcompany) ~2 (?:prices?|pricing|costs|fees|rates|price list|rate card|tariffs?|discounts?)",
    (
        "(?:prices?|pricing|costs?|costing|quote|quotation|fees?|discounts?|rates) (?:for|of|per|on|to|when|"
        r"if) ~4 (?:\d+|twenty|fifty|<plans>|people|members|months?|year|annual|yearly|monthly|add|"
        r"nonprofits?|charit\w+|ngos?|schools?|universit\w+|students?|startups?|team)"
    ),
    "(?:<plans>) (?:prices?|pricing|costs?|fees?|rates)",
    (
        "(?:send|give|email|mail|provide|share|tell|show|offer|make|quote|get) (?:me|us) ~7 (?:prices?|"
        "pricing|costs?|quote|quotation|rates|fees?|price list|discounts?)"
    ),
    (
        "(?:know|confirm|share|compare|asks?|need|want|like|understand|about|regarding|interested in|couldnt "
        "find|find|see) (?:the|your|ur|more|about|a|exact|total|current|better|what|is|of|to|know|out|"
        "price)* ?(?:prices?|pricing|costs?|fees)"
    ),
    (
        "(?:need|want|like|request|requesting|require|get|have|after|looking for|ask for|prepare|send|"
        "provide|receive) ~4 (?:(?:a|an|the|your|official|formal|written|price) quote|quotation|price list|"
        "price estimate|enterprise pricing)"
    ),
    "price lists? (?:for|of|on|with)",
    r"^(?:(?:hi|hello|hey|please|the) )*(?:price|cost|fee)s? (?:of|for)(?: \S+){1,4}$",
    "quote (?:me|us|for)|quotes? please|dearer|price break|startup credits?|per seat at",
    "(?:be|are|wed be|will be) paying (?:per|each|a|every) ~1 (?:month|year|seat|user)",
    "(?:price|cost|costs|pricing) of (?:your|ur|ourcompany|the (?:plan|subscription|software|tool))",
    "how much for|(?:more|less) expensive than (?:starter|professional|enterprise|pro)|higher price",
    (
        "^(?:(?:hi|hello|hey|so|and|the|just|please|pls|ok) )*(?:prices?|pricing|costs?|quote|how much|hw "
        "much|price list)(?: (?:please|pls|plz|info|list|request|inquiry|enquiry|question))*$"
    ),
    (
        "(?:any|offer|offers|have|get|give|giving|there|your|students?|nonprofits?|non profit|charity|volume|"
        "annual|yearly|educational|education|special|bulk|ngo|loyalty) ~2 discounts?"
    ),
    "discounts? (?:for|if|when|available|possible)",
    "(?:special|better|lower|best|final|old|fair|reduced) (?:price|prices|rate|rates|pricing)",
    "price (?:increase|hike|difference|match|go up|went up|increased|pls|plz|please|list please)",
    ("(?:why|has|have|did|will) ~2 (?:prices?) ~3 (?:go|gone|went|change|changed|increase|increased|rise|risen|up)"),
    (
        "(?:educational|nonprofit|non profit|enterprise|student|academic|startup|custom|volume|annual) "
        "(?:pricing|prices?|rates?)"
    ),
    "(?:you|u|ourcompany) charge (?:for|per|us|me|each|monthly|a)",
    "charge (?:per|by) ~1 (?:users?|seats?|heads?|months?|year)",
    "cheap(?:er|est) (?:plans?|options?|tiers?|versions?|way|than|subscriptions?|one)",
    "(?:is|are|get|be|it) ~5 cheaper|how expensive (?:is|are|would) ~3 (?:<plans>|it|this)|promo ?code",
    "coupons?|voucher code",
    (
        "(?:any|run|running|are there|is there|do you have|have you got|got) ~4 (?:promotions?|special "
        "offers?|rebates?|price cuts?)"
    ),
    "any deals|bulk deal|black friday|cough up|fork out|shell out|haggle",
    "dig (?:deep )?into (?:my|our) pockets?|on the wallet|break the bank|out of (?:my|our) pockets?",
    "shoestring|price range|(?:what|how) ~6 (?:invoice|bill) ~3 (?:look like|come to|amount to)",
    "(?:better|special) (?:conditions|terms|deal)",
    "(?:get|give|knock|take|have) ~3 (?:anything|something|a bit|percent) off|one off payment",
    "lifetime licen[cs]e",
    "how (?:many|much) (?:euros?|dollars|bucks|rupees|pounds|dirhams?|yen|pesos|reais|cash)",
    "(?:set|setting) (?:us|me) back",
    "(?:whats|what is|what are|tell|know) ~2 (?:the|your|ur) (?:rate|rates|charges|tariff|price tag)",
    "rate card",
    (
        "(?:our|your|ur|my|subscription|renewal|plan) (?:prices?|fees?|rates?|bill|subscription) ~3 (?:up|"
        "increased?|rise|risen|rose|higher|raised|more expensive|doubled)"
    ),
    "negotiate ~4 (?:prices?|rates?|fees?|deal|costs?)",
    "costs? (?:per|a|for) (?:head|seat|user|month|year)(?: please| pls|$)|(?:cost|prices?) include",
    "how is pricing|hw much",
    (
        "costs? ~3 (?:to|of) (?:an? |the |your )?(?:upgrade|upgrading|add|adding|extra|additional|moving|"
        "switching|enterprise|api|subscription)"
    ),
    "(?:hidden|set ?up|subscription|extra) (?:costs?|fees?)",
    "is (?:it|this|ourcompany|the (?:app|tool|software|platform)|<plans>) ~2 free",
    "is (?:the )?(?:starter|professional|enterprise|pro)(?: plan)? (?:really )?free",
    "(?:total|monthly|annual) cost (?:be|for|if)|what ~5 (?:total|the) costs?",
    ("(?:pricing|price|commercial) (?:page|details|info|information|model|options|tiers|table|proposal|plans?|sheet)"),
)
"""Requests in English."""

FOREIGN = (
    "cuanto (?:cuestan?|valen?|sale|salen|cobran|seria|es|costaria|pago|hay que pagar|pagaria)",
    "(?:que|cual|cuales) ~3 precios?|(?:sus|los|el) precios? (?:de|del|por|para)|presupuesto para",
    "cotizacion|descuentos?",
    "quanto (?:custam?|fica|sai|e|seria|cobram|pago)|qual ~3 (?:preco|valor|custo)",
    "(?:preco|valor) (?:do|da|por|para|dos) ~2 (?:planos?|assinatura|usuarios?|mes|ano)",
    "orcamento (?:para|de)|gostaria de um orcamento|desconto",
    "combien (?:coute(?:nt)?|ca coute|est|sont|vaut|faut il payer)|(?:vos|les|quels? ~2) (?:tarifs?|prix)",
    "(?:le )?prix (?:de|du|par|pour)|un devis|une remise|reduction (?:pour|si)",
    "was koste[nt]|(?:wie viel|wieviel) koste[nt]|(?:wie hoch|welche) ~3 (?:preise?|kosten|gebuhren)",
    "(?:eure|ihre|die) preise|preisliste|(?:ein|ihr) angebot (?:fur|uber)|rabatte?|kostenvoranschlag",
    "quanto (?:costa(?:no)?|viene|pago|costerebbe)|(?:quali|qual) ~2 (?:prezz[io]|tariffe|costi)",
    "i (?:vostri )?prezzi|preventivo|uno sconto|sconti",
    "wat kost(?:en)?|hoeveel kost|offerte voor|korting",
)
"""Requests in Spanish, Portuguese, French, German, Italian, Dutch."""

MENTIONS = (
    "prices?|priced|pricing|costs?|costing|quote|quotation|discounts?|fees?|tariffs?|rates|charge|charges",
    "expensive|cheap|cheaper|cheapest|afford|affordable|budget|deal|deals|offer|proposal|bill",
    "invoice will|pay|paying|owe|spend|spending|spent|dollars|bucks|euros|investment|commercial|how much",
    "how many (?:dollars|euros|bucks)|set (?:us|me) back|damage for|figure|ballpark|estimate|for free",
    "free plan|percent off|off if|break|rate card",
    "(?:per|a|each|every) (?:seat|user|head|month|year|annum|person)|pockets?|wallet|save|saving|lower",
    r"less|cheap\w*|conditions|tariffs?|package|subscription|licen[cs]es?|plan|plans|seats?|promotions?",
    r"special|negotiab\w+|haggle|terms|trial|free|grant|tender|reseller|margin|finance|cfo|accountant",
    "board|proposal|numbers?|total|amount|worth|money|sum|purchase order|more for less|going rate",
    "up front|upfront",
)
"""Words of the class, without a context that tells what is meant."""

PRODUCT = (
    (
        "(?:prices?|costs?|rates?|discounts?|fees?|quotes?|charges?|currency|budget|expenses?) (?:fields?|"
        r"columns?|labels?|propert\w+|attributes?|cent(?:re|er)s?|codes?|tracking|reports?|dashboards?|views?|"
        "tables?|charts?|boards?|templates?|types?|formulas?|blocks?|marks?|limits?|limiting|filters?|cards?|"
        r"items?|widgets?|projects?|tasks?|approvals?|overview|management|calculat\w+|entries|entry|values?|"
        "on (?:a|the|each|every) (?:task|card|board|column))"
    ),
    (
        "(?:called|named|labelled|labeled|field|column|tag|label|property) ~1 (?:price|cost|costs|discount|"
        "fee|quote|rate)"
    ),
    "(?:our|my) (?:own )?(?:price lists?|quotes|product prices|cost estimates?|discounts)",
    (
        "(?:their|his|her|own|each|every|clients?|customers?|suppliers?|products?|items?|material|materials|"
        "project|projects|task|tasks|estimated|actual|planned|unit|labou?r) (?:own )?(?:prices?|pricing|"
        "costs?|price lists?|quotes?|fees?|discounts?|rates?|cost estimates?)"
    ),
    (
        "how much (?:time|space|storage|memory|history|data|bandwidth|traffic|effort|work|detail|text|room|"
        "capacity|disk|longer|of the|of our|of my|faster|ram)"
    ),
    r"(?:mr|mrs|ms|dr) \S+|(?:rate|hourly) (?:limit\w*|rates?)|hourly rate|billable rates?",
    "quotation marks?|free (?:of (?:ads|errors|bugs)|text|up|space|slots?|form|hand)|in charge of",
    (
        "(?:love|loved|we like|i like|liked|happy with|fine with|because of|thanks to|already know|know "
        "already|not asking for|not asking about|dont need|dont want|not about|regardless of|no need for) ~3 "
        "(?:prices?|pricing|discounts?|costs?|quote)"
    ),
    "(?:price|cost|pricing) is (?:fine|fair|ok|okay|good|great|no problem|not (?:the|a) (?:problem|issue))",
    (
        "(?:report|reports|chart|table|list|column|field|sum|total) (?:of|for|with) (?:the |our |all "
        r")?(?:prices?|costs?|fees|discounts?)(?: (?:for|of|per) \S+ ?\S*)?"
    ),
    (
        "(?:sum|sort|add|track|show|hide|enter|edit|import|export|calculate|record|display|format|"
        r"group|filter) (?:\w+ ){0,3}(?:prices?|costs?|discounts?|fees|quotes)"
    ),
    # Who compares the costs of two things wants to know them.
    r"compare (?:\w+ ){0,3}(?:prices?|costs?|discounts?|fees|quotes)(?! (?:of|between|for)(?!\S))",
)
"""Words of the class where nothing is asked for: parts of the product, things already said or not wanted."""
