"""The wordings that escalation knows, as tables: edit here, measure with `python -m embeddings.workbench.escalation`.

Every entry is a regular expression over text that `escalation_words.plain` has made plain: lower case, no
accents, no apostrophes ("don't" is `dont`), one space between words, `|` where a sentence ends, `$29` written
`29 dollars`. `~3` stands for up to three words of the same sentence. Each entry matches whole words only.
"""

from __future__ import annotations

_PLANS = (
    "starter|professional|enterprise|pro|plan|plans|subscription|licen[cs]es?|seats?|users?|upgrade|upgrading|techcorp"
)
_MONEY = "money|cash|payments?|funds|dollars|bucks|euros?|pounds|usd|eur|amount|sum|fee|difference|rest|balance"
_PEOPLE = (
    "humans?|humain|person|people|agents?|representatives?|reps?|someone|somebody|some1|sum1|anyone|anybody|operators?|"
    "supervisors?|managers?|management|boss|director|ceo|owner|advis[oe]rs?|consultant|specialists?|experts?|engineers?|"
    "technicians?|employees?|staff|colleagues?|customer (?:service|support|care)|support|help ?desk|team|member of|in charge"
)
_COUNSEL = "lawyers?|attorneys?|solicitors?|barristers?|counsel|legal (?:team|department|counsel|representatives?|advis[oe]rs?)"
_BOTS = "bots?|robots?|chat ?bots?|ai|machines?|computers?|programs?|algorithms?|auto ?repl(?:y|ies)|auto ?responder"
_MY_CASE = "me|us|this|it|(?:my|our|the|this) (?:case|ticket|request|message|issue|problem|call|chat|question|complaint|matter)"

REQUESTS: dict[str, tuple[str, ...]] = {
    "pricing": (
        f"how much (?:is|are|s|for|4|would|will|wud|does|do|did|to) ~5 (?:{_PLANS}|it|that|this|months?|year|monthly|yearly|annually)",
        "how much ~8 (?:costs?|charge|charged|charging|pay|paying|owe|spend)",
        "how much (?:do|does|would|will|shall) (?:you|u|techcorp)",
        "how much (?:money|more expensive|dollars|more would|extra)",
        "(?:what|whats|wats|wat)(?: is| are| was| were| will be| would be| s)?(?: the| your| ur| our| a| current| exact| total"
        "| monthly| annual| yearly| per| seat| user| new| full| real| actual| going)* (?:prices?|pricing|costs?|costing|fees?|rates|tariffs?)",
        "what (?:does|do|would|will|did) ~6 (?:costs?|charge)|what (?:would|will|do|must|shall) (?:i|we) ~2 pay",
        "(?:your|ur|techcorps?) ~2 (?:prices?|pricing|costs|fees|rates|price list|rate card|tariffs?|discounts?)",
        f"(?:prices?|pricing|costs?|costing|quote|quotation|fees?|discounts?|rates) (?:for|of|per|on|to|when|if) ~4 (?:\\d+|twenty|fifty|{_PLANS}"
        "|people|members|months?|year|annual|yearly|monthly|add|nonprofits?|charit\\w+|ngos?|schools?|universit\\w+|students?|startups?|team)",
        f"(?:{_PLANS}) (?:prices?|pricing|costs?|fees?|rates)",
        "(?:send|give|email|mail|provide|share|tell|show|offer|make|quote|get) (?:me|us) ~7 (?:prices?|pricing|costs?|quote|quotation|rates|fees?|price list|discounts?)",
        "(?:know|confirm|share|compare|asks?|need|want|like|understand|about|regarding|interested in|couldnt find|find|see) "
        "(?:the|your|ur|more|about|a|exact|total|current|better|what|is|of|to|know|out|price)* ?(?:prices?|pricing|costs?|fees)",
        "(?:need|want|like|request|requesting|require|get|have|after|looking for|ask for|prepare|send|provide|receive) ~4 (?:(?:a|an|the|your|official|formal|written|price) quote|quotation|price list|price estimate|enterprise pricing)",
        "quote (?:me|us|for)|quotes? please|dearer|price break|startup credits?|per seat at|(?:be|are|wed be|will be) paying (?:per|each|a|every) ~1 (?:month|year|seat|user)|(?:price|cost|costs|pricing) of (?:your|ur|techcorp|the (?:plan|subscription|software|tool))|how much for|(?:more|less) expensive than (?:starter|professional|enterprise|pro)|higher price",
        "^(?:(?:hi|hello|hey|so|and|the|just|please|pls|ok) )*(?:prices?|pricing|costs?|quote|how much|hw much|price list)(?: (?:please|pls|plz|info|list|request|inquiry|enquiry|question))*$",
        "(?:any|offer|offers|have|get|give|giving|there|your|students?|nonprofits?|non profit|charity|volume|annual|yearly|educational|education|special|bulk|ngo|loyalty) ~2 discounts?",
        "discounts? (?:for|if|when|available|possible)",
        "(?:special|better|lower|best|final|old|fair|reduced) (?:price|prices|rate|rates|pricing)",
        "price (?:increase|hike|difference|match|go up|went up|increased|pls|plz|please|list please)",
        "(?:why|has|have|did|will) ~2 (?:prices?) ~3 (?:go|gone|went|change|changed|increase|increased|rise|risen|up)",
        "(?:educational|nonprofit|non profit|enterprise|student|academic|startup|custom|volume|annual) (?:pricing|prices?|rates?)",
        "(?:you|u|techcorp) charge (?:for|per|us|me|each|monthly|a)",
        "charge (?:per|by) ~1 (?:users?|seats?|heads?|months?|year)",
        "cheap(?:er|est) (?:plans?|options?|tiers?|versions?|way|than|subscriptions?|one)|(?:is|are|get|be|it) ~5 cheaper",
        f"how expensive (?:is|are|would) ~3 (?:{_PLANS}|it|this)",
        "promo ?code|coupons?|voucher code",
        "(?:any|run|running|are there|is there|do you have|have you got|got) ~4 (?:promotions?|special offers?|rebates?|price cuts?)|any deals|bulk deal|black friday",
        "cough up|fork out|shell out|haggle|dig (?:deep )?into (?:my|our) pockets?|on the wallet|break the bank|out of (?:my|our) pockets?|shoestring|price range",
        "(?:what|how) ~6 (?:invoice|bill) ~3 (?:look like|come to|amount to)|(?:better|special) (?:conditions|terms|deal)|(?:get|give|knock|take|have) ~3 (?:anything|something|a bit|percent) off|one off payment|lifetime licen[cs]e",
        "how (?:many|much) (?:euros?|dollars|bucks|rupees|pounds|dirhams?|yen|pesos|reais|cash)|(?:set|setting) (?:us|me) back",
        "(?:whats|what is|what are|tell|know) ~2 (?:the|your|ur) (?:rate|rates|charges|tariff|price tag)|rate card",
        "(?:our|your|ur|my|subscription|renewal|plan) (?:prices?|fees?|rates?|bill|subscription) ~3 (?:up|increased?|rise|risen|rose|higher|raised|more expensive|doubled)",
        "negotiate ~4 (?:prices?|rates?|fees?|deal|costs?)",
        "costs? (?:per|a|for) (?:head|seat|user|month|year)(?: please| pls|$)|(?:cost|prices?) include|how is pricing|hw much|costs? ~3 (?:to|of) (?:an? |the |your )?(?:upgrade|upgrading|add|adding|extra|additional|moving|switching|enterprise|api|subscription)",
        "(?:hidden|set ?up|subscription|extra) (?:costs?|fees?)",
        f"is (?:it|this|techcorp|the (?:app|tool|software|platform)|{_PLANS}) ~2 free",
        "is (?:the )?(?:starter|professional|enterprise|pro)(?: plan)? (?:really )?free",
        "(?:total|monthly|annual) cost (?:be|for|if)|what ~5 (?:total|the) costs?",
        "(?:pricing|price|commercial) (?:page|details|info|information|model|options|tiers|table|proposal|plans?|sheet)",
        # es, pt, fr, de, it, nl
        "cuanto (?:cuestan?|valen?|sale|salen|cobran|seria|es|costaria|pago|hay que pagar|pagaria)|(?:que|cual|cuales) ~3 precios?|(?:sus|los|el) precios? (?:de|del|por|para)|presupuesto para|cotizacion|descuentos?",
        "quanto (?:custam?|fica|sai|e|seria|cobram|pago)|qual ~3 (?:preco|valor|custo)|(?:preco|valor) (?:do|da|por|para|dos) ~2 (?:planos?|assinatura|usuarios?|mes|ano)|orcamento (?:para|de)|gostaria de um orcamento|desconto",
        "combien (?:coute(?:nt)?|ca coute|est|sont|vaut|faut il payer)|(?:vos|les|quels? ~2) (?:tarifs?|prix)|(?:le )?prix (?:de|du|par|pour)|un devis|une remise|reduction (?:pour|si)",
        "was koste[nt]|(?:wie viel|wieviel) koste[nt]|(?:wie hoch|welche) ~3 (?:preise?|kosten|gebuhren)|(?:eure|ihre|die) preise|preisliste|(?:ein|ihr) angebot (?:fur|uber)|rabatte?|kostenvoranschlag",
        "quanto (?:costa(?:no)?|viene|pago|costerebbe)|(?:quali|qual) ~2 (?:prezz[io]|tariffe|costi)|i (?:vostri )?prezzi|preventivo|uno sconto|sconti",
        "wat kost(?:en)?|hoeveel kost|offerte voor|korting",
    ),
    "refund": (
        "refund (?:me|us|my|our|it|that|this|plz|pls|please|now|asap|immediately|the|all|what|for|everything|half|request for|policy|status|possible)",
        "(?:want|wanted|need|demand|require|request|requesting|requested|expect|expecting|claim|get|give|given|have|like|wish|due|owe|owed|deserve|entitled|eligible|"
        "qualify|issue|process|ask|asked|asking|apply|promised|receive|await|awaiting|waiting|wheres?|where is|status of|full|partial|prorated|pro rated|complete|kindly|please|when|"
        "can you|could you|will you|would you|possible|still no|without a) ~4 (?:refund|refunds|refunding|reimburse|reimbursement)|(?:be|been|get|got|getting|want it|want this) ~2 (?:refunded|reimbursed)",
        "my (?:money )?refunds?",
        "refunds? (?:policy|possible|take|takes|work|works|arrive|status|plz|pls|please|immediately|request$)|(?:offer|do|give|issue|accept|make) ~2 refunds?",
        "^(?:re |fwd )?refunds?(?: please| pls| plz| now)?$|^refund request|requesting refund|money back guarantee",
        "money back|(?:give|send|pay) ~1 back ~2 (?:my|our|the) ~1 money|(?:my|our) money (?:returned|refunded)",
        f"(?:return|repay|give back|send back|pay back|hand back) (?:me |us |all |back )*(?:my|our|the|what) ~3 (?:{_MONEY}|paid|spent)",
        f"(?:want|get|have|give|send|pay|put|transfer|wire|need) (?:me |us |to )*(?:my|our|the) ~2 (?:{_MONEY}) ~1 back",
        "(?:what|everything|all|the money) (?:i|we) (?:have |ve )?(?:paid|spent) ~1 back|return what (?:i|we|you) ~1 (?:paid|took|charged)",
        "(?:pay|paid|transfer) (?:me|us|it) back|getting a refund|^(?:re )?(?:charged|billed) twice|get my money",
        "reimburs\\w+ (?:me|us|my|our|for|the)",
        "(?:i|we|me|us|my|card|account|customers?|been) ~4 (?:charged|billed|debited|invoiced) ~5 (?:twice|two times|double|2x|2 times|multiple times|again)",
        "(?:you|u|techcorp) ~2 (?:charged|billed|debited|took|taken) ~7 (?:twice|two times|double|2x|2 times|too much|by mistake|without|after|although|wrong)",
        "double (?:charged?|billed|billing|payment|debit)|charged double|duplicate (?:charges?|payments?|billing|debit)|over ?charged|charge ?backs?",
        "(?:wrongly|incorrectly|mistakenly|unauthori[sz]ed|wrong|erroneous|unknown|unexpected) (?:charged?|charges|billed|debit|payment|transaction)",
        "(?:charged|billed|debited) ~7 (?:after|without|although|though|too much|by mistake|in error|wrong amount|want it back|i cancelled)",
        "(?:charge|payment|transaction|debit) ~6 (?:dont|do not|didnt|did not|never|not) (?:recogni[sz]e|know|authori[sz]e|make|made|agreed|approve)",
        "disput(?:e|ing|ed) (?:the|this|a|your|that) ~3 (?:charges?|payment|transaction|invoice)",
        "(?:i|we) (?:have |ve )?paid (?:it )?(?:twice|two times|double)|(?:take|took|taken|cut|deducted?|withdrawn|withdrew|collected|pulled) ~6 (?:twice|two times?|2 times?|2x|double)",
        "(?:two|duplicate|double|identical|second) (?:payments?|debits?|charges|transactions|deductions?)|over ?paid|overpayment|you (?:still )?owe (?:me|us)",
        "(?:reverse|undo|void|annul|cancel|revert|dispute) ~3 (?:payments?|purchase|transaction|debit|charge)|(?:my|our|the|last|a) ~2 (?:payment|purchase|transaction|debit|charge) ~2 (?:reversed|returned|undone|voided|reverted|refunded|sent back|given back|credited)",
        "(?:dollars|money|amount|sum|cash|funds|fee|paid|spent|difference) ~3 (?:returned|reversed|repaid|sent back|given back|paid back|put back|credited)|(?:return|send back|give back|hand back|repay|pay back|give us back|give me back) ~3 (?:dollars|money|amount|sum|cash|funds|fee|difference|euros?|pounds|cent)",
        "(?:keep|keeps|kept|still) (?:taking|charging|billing|debiting|collecting|being charged|being billed)|compensated for|recover what|out of the purchase|(?:lists?|shows?) (?:you|it|techcorp) twice|twice on (?:my|our) (?:card|statement|account)",
        "(?:two|three) (?:bookings|entries|payments|debits|charges|of these) ~6 (?:same day|same account|statement|card|amex|visa)|free month (?:is the least|as compensation|for the)|give (?:me|us) what (?:i|we) pa(?:y|id)",
        "(?:every|last) (?:cent|penny) back|compensat\\w+ (?:me|us) for|(?:pay out|paid out|payout of) ~2 (?:balance|credit)|cooling off|(?:withdraw from|step back from) ~2 (?:purchase|contract|order)",
        "reembols\\w+|(?:devuelv\\w+|devolver\\w*|devolucion|reintegr\\w+|regres\\w+) ~4 (?:dinero|plata|pago|pague|importe|cobro|dolares|euros)|me (?:han cobrado|cobraron|cobrasteis) ~3 (?:dos veces|doble|de mas)|cobro (?:doble|duplicado)|devuelvanme|devolverme",
        "reembolso|estorno|estornar|(?:dinheiro|valor|pagamento) de volta|(?:devolv\\w+|devolucao) ~3 (?:dinheiro|valor|pagamento|que)|cobrad[oa]s? ~2 (?:duas vezes|em dobro|duplicidade)|cobraram ~2 duas vezes",
        "rembours\\w+|(?:rendez|rendre|rendez moi|recuperer) ~3 argent|(?:debite|facture|preleve)e?s? ~3 (?:deux fois|double)",
        "geld zuruck|ruckerstatt\\w+|erstatt(?:et|en|ung)\\w*|ruckzahlung|zuruckzahlen|(?:doppelt|zweimal) (?:abgebucht|berechnet|belastet|bezahlt)",
        "rimbors\\w+|(?:soldi|denaro) indietro|rivoglio ~2 (?:soldi|denaro)|restitu\\w+ ~3 (?:soldi|denaro|importo)|addebitat\\w+ ~2 due volte",
        "geld terug|terugbetal\\w+",
    ),
    "legal": (
        f"(?:my|our|a|an|the|your|ur) ~1 (?:{_COUNSEL}) ~1 (?:(?:will|ll|would|shall|is going to|are going to|gonna|is about to) ~2 (?:contact|call|write|be|handle|take|send|hear|reach|deal|get|sue|file|see|talk|email|respond|follow|know)|"
        "(?:has|have) (?:advised|been|told|already|contacted|asked|sent|prepared)|advised|advises|told|says|agrees|wants to (?:see|know|speak|talk)|demands|contacted|informed|disagrees|objects?)",
        f"(?:contact|contacting|contacted|call|calling|consult\\w*|speak|speaking|spoke|spoken|talk|talking|talked|hear|hearing|get|getting|hire|hiring|hired|instruct\\w*|involve|involving|involved|hand|handing|handed|forward|forwarding|"
        f"pass|passing|passed|turn|turning|see|seeing|inform\\w*|retain\\w*|lawyering|through|tell|ask|asked|need|bring|bringing|correspondence|via|reach|directly|represented by) (?:up |in |on |over |from |to |with |this |it |all |about |everything |the |matter |further |by |through )*(?:my|our|a|an|the|your|ur|their|his|her)? ?~1 (?:{_COUNSEL})",
        "(?:i am|im|we are|were|as) (?:a |an |the )?(?:lawyers?|attorneys?|solicitors?|counsel) (?:representing|acting|for|on behalf|of)",
        "(?:act|acting|write|writing) (?:on behalf of|for) (?:our|my|a|the) clients?",
        "legal (?:actions?|proceedings?|steps?|claims?|notice|measures?|consequences|recourse|remed\\w+|complaint|dispute|advice|letter|demands?|rights|basis|insurance|threat|case against|trouble|battle)|legally (?:responsible|liable|binding|obliged|required)|legal route",
        "(?:your|techcorps?|ur) ~1 (?:legal (?:department|team|counsel|contact)|lawyers?|general counsel|attorneys?)",
        "(?:take|taking|see|meet|drag|dragging|bring|bringing|go|going|settle|up|up in|enforce|through|end up|face|damages) ~5 (?:court|courts|tribunal|judge)",
        "(?:in|before|to|through) (?:a |the |small claims )?(?:courts?|tribunal)|see (?:you|u|ya) in court|small claims|court orders?|before (?:a|the) (?:court|judge|tribunal)",
        "sue (?:you|u|ur|your|techcorp|this company|them|for|over)|(?:i|we) (?:will|ll|shall|am going to|m going to|are going to|can|could|might|may|must|have to|gonna|m gonna|am gonna|want to|wanna) sue|suing|(?:be|being|get|getting) sued|going to sue|gonna sue",
        "law ?suits?|litigat\\w+|subpoena\\w*|cease and desist|class action|(?:to|into) arbitration|prosecut\\w+|press(?:ing)? charges|summons(?:es)?|notice before action|file (?:a )?suit",
        "breach(?:es|ed)? (?:of )?(?:the |our |your )?(?:contract|agreement|terms|law|gdpr|privacy|duty|confidentiality)|in breach of|breach of contract",
        "(?:violat\\w+|breaking|breaks?|infring\\w+|against|breach\\w*) ~4 (?:gdpr|ccpa|law|laws|my rights|our rights|privacy|data protection|contract|agreement|copyrights?|trademarks?|patents?|rights)",
        "gdpr (?:complaint|requests?|violations?|breach\\w*|claim|deletion|erasure|fine)|violation of (?:gdpr|the law|privacy|my)",
        "(?:complain\\w*|complaint|report|reporting|reported|denounce|notify|notifying|letter) ~7 (?:ico|cnil|aepd|ftc|bbb|regulators?|authorit\\w+|ombudsman|consumer protection\\w*|consumer rights|trading standards|attorney general|police|data protection|privacy commissioner)",
        "data protection (?:authority|authorities|commission\\w*|agency)|privacy commissioner|ombudsman",
        "(?:under|per|according to|pursuant to|exercise|invoke|invoking) ~4 (?:gdpr|ccpa|dsgvo|article 1[5-9]|data protection act)|article 1[57]|subject access requests?|data subject|right (?:to|of) (?:erasure|be forgotten|access to my)",
        "(?:hold|held|holding|are|be|is|who is|youre) ~3 liable|liable for|legal liability",
        "(?:seek|seeking|claim|claiming|demand|pay|sue for|compensation for) ~2 damages",
        "(?:this|that|you|youre|it|what|thats|your|is|are|its) ~5 (?:illegal|unlawful|against the law|fraud|fraudulent|criminal)",
        "dmca|take ?down (?:notice|request)|(?:infring\\w+|violat\\w+|our|my|your) ~3 (?:copyright|trademark|patent|intellectual property)",
        "(?:sign|signed|review|need|require|send|negotiate|countersign|agree) ~4 (?:nda|dpa|data processing agreement|non disclosure agreement|msa|terms of the contract)",
        "on behalf of (?:my|our) clients?|represents? ~4 in (?:this|the) (?:matter|dispute|case)|counsel (?:to|for)|we act for|executor of|power of attorney",
        "serv(?:e|ed|ing|ice) (?:of )?(?:papers|documents|process|notice)|(?:papers|documents|process) (?:to be )?served|injunction|criminal (?:complaint|charges|offen[cs]e)|under oath|magistrate|barrister|bailiff|prosecutor",
        "(?:hold|holding|held) ~3 (?:accountable|answerable|responsible)|complaint against you|trading standards|consumer (?:protection|rights|court|agency|bureau|association|office)|information commissioner|better business bureau",
        "report(?:ing|ed)? (?:you|u|techcorp|your company) (?:to|with)|(?:lodge|lodged|file|filed|filing) (?:a|an) (?:formal |official |criminal )?(?:complaint|report|grievance) (?:with|against)",
        "(?:engaged|hired|instructed|contacted|consulted) (?:a|an|our|my) law firm|(?:delete|erase|remove|copy of|access to) ~7 gdpr|(?:broken|broke|break|breaking) the law|accepts? (?:full )?(?:liability|responsibility)|legal means|(?:solicitor|lawyer|attorney) (?:tells|says|told)|works council",
        "(?:my|our) (?:lawyers?|attorneys?|solicitors?|counsel) (?:is|are) (?:copied|drafting|preparing|looking|reviewing|involved|writing|on this|handling|advising|now)|advice (?:from|of) (?:a|my|our) (?:lawyers?|attorneys?|solicitors?)|(?:go|going|went) to (?:a |my |our |the )?(?:lawyers?|attorneys?|solicitors?|court)|(?:gdpr|ccpa|data) (?:deletion|erasure) request",
        "litigation hold|law enforcement|police report|go(?:ing)? to the police|terminat\\w+ ~3 for cause|reserve ~3 rights",
        "abogad[oa]s?|(?:voy a|vamos a|les voy a|los voy a) ~1 demandar\\w*|demandarlos|demanda (?:judicial|legal|contra)|(?:acciones|medidas|vias?|accion) (?:legal(?:es)?|judicial(?:es)?)|denunci(?:a|ar|are|aremos|arlos)|tribunal(?:es)?|(?:agencia|autoridad) ~2 proteccion de datos|llevar\\w* a juicio",
        "advogad[oa]s?|processar (?:voces|vcs|a empresa|judicialmente)|(?:medidas|acao|acoes|providencias) (?:legais|judicial|judiciais|legal)|procon|anpd|na justica|denunciar",
        "avocate?s?|(?:poursuites?|actions?|demarches) (?:judiciaires?|en justice|legales?)|porter plainte|plainte (?:aupres|a la|contre)|cnil|tribunal|mise en demeure|en justice",
        "anwalt\\w*|anwaltin|rechtsanwalt\\w*|verklag\\w+|rechtliche schritte|klage (?:einreichen|erheben)|vor gericht|datenschutzbehorde|rechtsabteilung|abmahnung|strafanzeige",
        "avvocat[oi]|(?:fare|faro|faremo) causa|(?:vie|azioni|azione) legal[ie]|garante ~2 privacy|in tribunale|denunci(?:a|are|ero|eremo)",
        "advocaat|rechtszaak|juridische stappen",
    ),
    "human_request": (
        f"(?:talk|talking|speak|speaking|spoken|chat|chatting|tlk|conversation|word|discuss this|discuss it) ~1 (?:to|with|2|w) ~3 (?:{_PEOPLE}|tech support|actual)",
        f"(?:connect|transfer|put|pass|hand|forward|redirect|route|escalate|switch|refer|bring|send|assign) (?:{_MY_CASE}) ~2 (?:to|with|through|over to|onto|on to) ~4 (?:{_PEOPLE})",
        f"(?:connect|speak|talk|speaking|chat) (?:with |to )?(?:an? |the |ur |your )?(?:live )?(?:{_PEOPLE})$",
        "put (?:me|us) (?:through|in touch)|hand (?:me|us) over|transfer me|escalate (?:this|it|my (?:case|ticket|issue|complaint)) (?:to|please|now|immediately|further)",
        "(?:want|need|get|give|like|prefer|demand|request|have|require|bring|find|send|wanna|let|be|rather|expect|deserve|assign|is there|are you) ~4 "
        "(?:humans?|human being|real person|actual person|live person|real people|live agent|real agent|human agent|support agent|support rep|customer service reps?|live support|call ?back|live human|human support|human help)",
        "(?:want|need|get me|give me|demand|get us|bring me|i require|would like) (?:to (?:see|have|get|reach) )?(?:an? |the |your |ur |some )?(?:person|agent|representative|rep|operator|supervisor|manager)(?: to (?:look|handle|solve|help|answer|call|talk|contact|deal|read|fix)| please| pls| now| here|$)",
        "(?:real|actual|live|living|genuine|human) (?:person|people|humans?|agents?|beings?|employees?|representatives?|reps?|support|operators?|staff|advis[oe]rs?)(?! field| column| readable)",
        "(?:call|phone|ring|telephone) (?:me|us)|(?:give|gimme) (?:me |us )?a (?:call|ring|bell|buzz)(?: back)?|call ?backs? (?:please|pls|asap|today|request)|(?:request|want|need|like|get|schedule) ~2 call ?back",
        "(?:your|techcorps?|ur|support|customer service|customer support) ~1 (?:phone|telephone|hotline|contact) ?(?:numbers?|line)|(?:phone|telephone) (?:numbers?|line) (?:of|for|to) ~2 (?:support|customer (?:service|support|care)|techcorp|help|your|call|reach|contact)|numbers? (?:can|could|do|should|to|i can|we can|where) ~2 (?:call|ring|phone|dial|reach)",
        "(?:talk|speak|discuss|discuss this|sort this|sort it|do this|support|help) ~3 (?:by|over|on|via) (?:the |a )?(?:phone|telephone)|phone support|over the phone",
        "call with ~3 (?:you|your|ur|someone|somebody|support|sales|an expert|techcorp|engineers?|specialists?)",
        f"(?:no|no more|not (?:a|an|the|this|to)|stop|hate|dont want|do not want|tired of|sick of|enough of|instead of|rather than|past|talking to|talk to|chatting with|chat with|useless|speak to|speaking to|speaking with) ~4 (?:{_BOTS}|automated (?:replies|reply|answers?|responses?|messages?)|canned \\w+)",
        f"(?:is this|are you|r u|am i talking to|youre) ~2 (?:{_BOTS}) ~12 (?:human|person|someone|agent|real|somebody)",
        "(?:someone|somebody|anyone|anybody|one of your \\w+|member of ~3|staff|person|human|employee|colleague|manager|engineer|rep) ~6 (?:call|phone|ring|contact|reach out to|get in touch with|get back to|write to|speak to|speak with|talk to|talk with|get in contact with) (?:me|us)",
        "(?:speak|talk|get|ask|call|contact|pass|want|need|let|forward|escalate|complain|see|reach) ~4 (?:your|ur|a) ~1 (?:boss|managers?|supervisors?|superiors?|team lead|director|ceo|management)",
        "(?:an?|any|some|actual) (?:humans?|human being|real person|actual person|employee|staff member|live person) ~4 (?:look|review|check|read|handle|answer|reply|respond|take over|help|there|reading|here)",
        "(?:customer service|support) reps?(?: please| pls|$)|id like a (?:person|human)|(?:who|whom) can i (?:speak|talk) (?:to|with)",
        "(?:your|is there an?|have an?|the support|any) hotline|(?:can|could|shall|lets|let us|may) (?:we|i|us) ~2 (?:zoom|skype|facetime|speak|ring|telephone)(?: you| about| on|$)|(?:zoom|skype|video|phone|telephone|voice|teams) (?:call|meeting|chat) (?:with|about|please|pls|possible|to)|(?:quick|short) (?:call|zoom|phone|video)",
        "(?:speak|talk|discuss|explain|meet) ~4 (?:in person|face to face)|personal (?:conversation|contact|assistance)|dedicated (?:contact|account manager)|account manager",
        "(?:get hold of|get a hold of|reach) (?:you|u|anyone|anybody|someone|somebody|your (?:office|team|people|support))|(?:what|which) number (?:do|can|should)|your (?:telephone|phone) line",
        "(?:whos|who is) (?:your|ur) (?:boss|manager|supervisor)|who(?:s| is) (?:above you|in charge (?:there|over there|here)|the boss)|is (?:there )?(?:anyone|anybody|somebody|someone) (?:there|home|alive|real|else (?:there|i can))|anyone (?:there|home|alive)",
        "(?:can|could|would|let|have|get|want|need|like|please|rather|ask) ~4 one of (?:your|ur) ~1 (?:people|colleagues|team|engineers?|experts?|specialists?|technicians?|guys|folks|staff|developers?|devs|agents?|employees?|support)",
        "(?:can|could|would) one of you ~2 (?:call|ring|contact|phone|talk|speak|pick up|take over|get in touch|telephone)|(?:bot|robot|machine|computer|ai|assistant|software|program) ~3 (?:cant|cannot|doesnt|does not|wont|will never) (?:understand|grasp|solve|help|get)",
        "(?:no|no more|stop|another|enough of|enough with|tired of|sick of|dont want|dont give|not) ~4 (?:auto|automatic|automated|canned|scripted|generated|copy pasted?|templated?) ~1 (?:answers?|replies|reply|responses?|messages?|texts?)",
        "reach (?:a |an )?(?:human|person|agent|representative|someone|somebody)|(?:agent|representative|human) (?:to )?(?:contact|call|phone) (?:me|us)|(?:let|have) a (?:person|human) (?:answer|look|read|check|handle)|^(?:please )?escalate(?: please| now| this)?$",
        "(?:engineer|person|human|someone|somebody|anyone|anybody|agent) (?:that |who )?(?:i|we) can (?:talk|speak|call|write)|(?:hop|jump|get) on a (?:quick )?call|(?:name|number) (?:and number )?of (?:your|ur|a) (?:manager|supervisor|boss)|(?:a|the) (?:phone|telephone) number(?: please| pls)?$",
        "face to face|here is my (?:mobile|number|phone|cell)|on site visits?|(?:where is|where are|wheres) (?:the|your|ur) (?:staff|people|support)|(?:get|bring|fetch) (?:ur|your) (?:colleagues?|boss|manager|team|people)",
        "(?:did|has|have|does|do) (?:anyone|anybody|a human|a person|someone|somebody|real (?:people|employees)|an employee) ~4 (?:read|seen|see|looked|look)|checked by hand|(?:somebody|someone|person) with (?:authority|a brain|a pulse)",
        "(?:could|can|shall|lets|may|would) (?:we|i|you|one of you) (?:please )?(?:do|have|hold|arrange|schedule|set up|book|get) ~3 (?:call|meeting|zoom|video|phone|appointment)|call would (?:be|sort|help|solve)",
        f"refuse to (?:discuss|talk|chat|deal|write|speak) ~4 (?:software|{_BOTS})|your (?:management|ceo|boss|director|manager) (?:should|must|needs to|has to|to) (?:know|hear|see|read)",
        "contacted by ~4 (?:agent|person|human|someone|representative|employee)",
        "^(?:(?:hi|hello|hey|please|pls|just|a|an|get|give me|need|want|i want|i need|live|real|human|customer|support) )*(?:agents?|humans?|operator|representative|rep|person|somebody|someone|supervisor|manager|customer service|human being|human help|human support)(?: (?:pl\\w*|now|asap|here))*$",
        "(?:hablar|comuni\\w+|contactar|pas[ea]\\w*|conect\\w+|transf\\w+|atienda) ~2 (?:con|a) ~2 (?:personas?|humano|agente|asesor\\w*|operador\\w*|representante|alguien|ejecutivo|encargado|supervisor)|persona (?:real|humana|de verdad)|(?:llam\\w+) (?:me|por telefono)|llamenme|que me llamen|pueden llamarme|(?:quiero|necesito) (?:a )?(?:un|una) (?:humano|persona|agente)",
        "(?:falar|conversar|transf\\w+|contato|passa\\w*) ~3 (?:com|para|pra) ~2 (?:atendente|pessoa|humano|alguem|representante|operador|gerente)|pessoa (?:real|de verdade)|atendimento humano|atendente humano|me ligu?\\w*|podem ligar|(?:quero|preciso de?) (?:um|uma) (?:humano|pessoa|atendente)",
        "(?:parler|discuter|echanger|relation|contact|passez moi|joindre) ~3 (?:a|avec|un|une)? ?~2 (?:humain|personne|quelqu\\w*|conseillere?|agent|operateur|responsable|representant|etre humain)|(?:vraie|vrai) (?:personne|humain)|(?:m|me) ?appeler|rappele[rz]|appelez moi|un humain",
        "(?:sprechen|reden|verbinden|verbunden|kontakt|schreiben) ~5 (?:mensch\\w*|mitarbeiter\\w*|jemand\\w*|person|berater\\w*|vorgesetzten?)|(?:mensch\\w*|mitarbeiter\\w*|jemand\\w*|berater\\w*|person|vorgesetzten?) ~2 (?:sprechen|reden|verbinden|verbunden)|echten? (?:mensch\\w*|person)|rufen sie ~2 an|ruckruf|(?:rufen|ruft) ~3 (?:mich|uns) ~2 an|(?:brauche|will|mochte|bitte) einen? ~1 menschen",
        "(?:parlare|parlo|collegar\\w*|mett\\w+|pass[ia]\\w*|contatt\\w+) ~4 (?:persona|operatore|qualcuno|umano|essere umano|responsabile|addetto)|persona (?:vera|reale)|chiamarmi|chiamatemi|richiam\\w+|operatore umano",
        "(?:mens|medewerker|iemand) (?:spreken|praten)|met een mens|bel mij|terugbellen",
    ),
}  # fmt: skip

MENTIONS: dict[str, tuple[str, ...]] = {
    "pricing": (
        "prices?|priced|pricing|costs?|costing|quote|quotation|discounts?|fees?|tariffs?|rates|charge|charges|expensive|cheap|cheaper|cheapest|afford|affordable|"
        "budget|deal|deals|offer|proposal|bill|invoice will|pay|paying|owe|spend|spending|spent|dollars|bucks|euros|investment|commercial|how much|how many (?:dollars|euros|bucks)|"
        "set (?:us|me) back|damage for|figure|ballpark|estimate|for free|free plan|percent off|off if|break|rate card|(?:per|a|each|every) (?:seat|user|head|month|year|annum|person)|"
        "pockets?|wallet|save|saving|lower|less|cheap\\w*|conditions|tariffs?|package|subscription|licen[cs]es?|plan|plans|seats?|promotions?|special|negotiab\\w+|haggle|terms|trial|free|grant|tender|reseller|margin|finance|cfo|accountant|board|proposal|numbers?|total|amount|worth|money|sum|purchase order|more for less|going rate|up front|upfront",
    ),
    "refund": (
        "refund\\w*|reimburs\\w+|money|cash|compensat\\w+|charged|charge|billed|debited|paid|pay|repay|repayment|payments?|back|return|returned|owe|owed|owes|reverse|undo|annul|credit|"
        "bank|card|took|taken|dollars|bucks|euros|transaction|purchase|subscription|invoiced|funds|sum|settle|give|twice|two times|stolen|compensation|balance|renewed",
    ),
    "legal": (
        "legal\\w*|lawyers?|attorneys?|solicitors?|counsel|barristers?|courts?|judges?|magistrate|tribunal|sue|sued|lawsuits?|law|laws|illegal|unlawful|police|authorit\\w+|regulators?|watchdog|"
        "rights|contract|agreement|clause|terms|breach\\w*|violat\\w+|liab\\w+|damages|gdpr|ccpa|privacy|personal (?:data|information|details)|data protection|complaint|notice|proceedings|evidence|"
        "consequences|compensation|fraud|crime|criminal|theft|hold (?:you|techcorp)|held|account for|responsible|papers|served|deadline|consumer|statut\\w+|article|case|copyright\\w*|consent|"
        "jurists?|inspectorate|prosecut\\w+|claim\\w*|indemn\\w+|formal\\w*|official\\w*|brand|patent\\w*|trademark\\w*|licence|permission|objections?|object|secrets?|sign|signed|signature|client|counsel|represent\\w*|investigators?|officer|ministry|government|insur\\w+|default|penalt\\w+|void|obliged|entitled|erase\\w*|stored|strangers|losses|answerable|accountable|hearing|proof|confidential|against you|nda|dpa|arbitration|ombudsman|represent us|trouble|obligations?|enforce",
    ),
    "human_request": (
        "humans?|persons?|people|agents?|representatives?|reps?|someone|somebody|sum1|anyone|anybody|operators?|supervisors?|superiors?|managers?|boss|director|ceo|owner|advis[oe]rs?|specialists?|experts?|"
        "engineers?|employees?|staff|colleagues?|(?:your|ur|support) (?:team|people|folks|crew|side|office|company)|call|phone|telephone|ring|hotline|talk|speak|chat|chatting|conversation|voice|"
        "bots?|robots?|chat ?bots?|ai|machines?|computer|software|program|algorithm|assistant|automat\\w+ (?:\\w+ )?(?:answers?|repl\\w+|responses?|messages?)|canned|scripted|template|"
        "in charge|whoever|escalate|put me|pass me|hand (?:me|this|it)|taken over|somebody|senior|mobile|zoom|skype|video|visits?|office|sales|demo|appointment|voices?|spoken|speaking|read|by hand|hear|anyone else|authority|decide|autopilot|generated|real|reply|take over|line|pulse|flesh|brain|alive|living|personally|anyone there|meeting|contact|reach|word with|next level|get back to me|in person",
    ),
}  # fmt: skip

PRODUCT: dict[str, tuple[str, ...]] = {
    "pricing": (
        "(?:prices?|costs?|rates?|discounts?|fees?|quotes?|charges?|currency|budget|expenses?) (?:fields?|columns?|labels?|propert\\w+|attributes?|cent(?:re|er)s?|codes?|tracking|reports?|dashboards?|views?|tables?|charts?|boards?|"
        "templates?|types?|formulas?|blocks?|marks?|limits?|limiting|filters?|cards?|items?|widgets?|projects?|tasks?|approvals?|overview|management|calculat\\w+|entries|entry|values?|on (?:a|the|each|every) (?:task|card|board|column))",
        "(?:called|named|labelled|labeled|field|column|tag|label|property) ~1 (?:price|cost|costs|discount|fee|quote|rate)",
        "(?:our|my) (?:own )?(?:price lists?|quotes|product prices|cost estimates?|discounts)|(?:their|his|her|own|each|every|clients?|customers?|suppliers?|products?|items?|material|materials|project|projects|task|tasks|estimated|actual|planned|unit|labou?r) (?:own )?(?:prices?|pricing|costs?|price lists?|quotes?|fees?|discounts?|rates?|cost estimates?)",
        "how much (?:time|space|storage|memory|history|data|bandwidth|traffic|effort|work|detail|text|room|capacity|disk|longer|of the|of our|of my|faster|ram)",
        "(?:mr|mrs|ms|dr) \\S+",
        "(?:rate|hourly) (?:limit\\w*|rates?)|hourly rate|billable rates?|quotation marks?|free (?:of (?:ads|errors|bugs)|text|up|space|slots?|form|hand)|in charge of",
        "(?:love|loved|we like|i like|liked|happy with|fine with|because of|thanks to|already know|know already|not asking for|not asking about|dont need|dont want|not about|regardless of|no need for) ~3 (?:prices?|pricing|discounts?|costs?|quote)|(?:price|cost|pricing) is (?:fine|fair|ok|okay|good|great|no problem|not (?:the|a) (?:problem|issue))",
        "(?:report|reports|chart|table|list|column|field|sum|total) (?:of|for|with) (?:the |our |all )?(?:prices?|costs?|fees|discounts?)(?: (?:for|of|per) \\S+ ?\\S*)?",
        "(?:sum|sort|add|track|compare|show|hide|enter|edit|import|export|calculate|record|display|format|group|filter) (?:\\w+ ){0,3}(?:prices?|costs?|discounts?|fees|quotes)",
    ),
    "refund": (
        "(?:refund|refunds|refunded|return|returns|chargeback|reimbursement|credit notes? and refund) (?:requests? )?(?:reports?|boards?|dashboards?|columns?|fields?|status(?:es)?|lists?|tags?|labels?|templates?|projects?|tasks?|forms?|workflows?|automations?|process\\w*|tickets?|views?|"
        "filters?|pages?|types?|charts?|widgets?|cards?|numbers?|amount(?:s)? (?:field|as|column)|rules?|approvals?|stage|category|tab|section|queue|milestones?|value|codes?)",
        "(?:called|named|labelled|labeled|field|column|tag\\w*|label|status|board|report|template|form|automation|rule|dashboard|category|section|move ~4|as) (?:a |for |to |on |of |about |our )*(?:refund|refunds|refunded|reimbursements?)",
        "(?:clients?|customers?|shops?|buyers?|their own|patients?|students?|guests?) ~4 (?:refunds?|refunded|reimbursements?|returns|chargebacks?)|returns and refunds|(?:chart|report|graph|table|list|board|dashboard|number|sum|total|count|view|template) (?:of|for|with) (?:our |the |all )*(?:refunds?|returns|reimbursements?|chargebacks?)|refund from (?:amazon|ebay|paypal|apple|google)",
        "(?:dont|do not|didnt|not|no|never|without|isnt) (?:want |need |asking for |ask for |asking about |looking for |require |about |after |wanting |need for |expect )?(?:a |any |my |the )*(?:refunds?|refunded|reimbursement|money back)|(?:i|we) (?:have )?(?:got|received) (?:the|my|our|a) refund|thanks for (?:the|my) refund",
        "(?:api|endpoint|call|function|query|it|request|method) returns?|return (?:values?|types?|to (?:the|my))|(?:go|went|get|come|bring|log|roll|switch|move|restore|send) (?:\\w+ ){0,4}back (?:in|to|into|from)|undo (?:a|an|the|my) (?:bulk|edit|change|move|delete)",
    ),
    "legal": (
        "(?:webhook|request|payload|hmac|header|techcorp|e ?mail|mail) signatures?|signatures? (?:of|for|on|in) ~2 (?:webhooks?|requests?|payloads?|mails?|e ?mails?)",
        "legal (?:names?|entit\\w+|form|forms|tasks?|boards?|projects?|templates?|workspaces?|tags?|labels?|documents? (?:board|folder|template)|fields?|columns?|address|holds? (?:field|tag|label)|folder|channel|group|category|status|work|cases? board|department uses|team uses|teams? (?:use|uses|works?|needs? (?:access|a|its|to see the)|has a|board))",
        "(?:called|named|labelled|labeled|tag|label|board|column|project|list) (?:as )?(?:legal|court|compliance|contracts?)",
        "(?:mr|mrs|ms|dr) \\S+",
        "illegal (?:characters?|arguments?|values?|states?|operations?|tokens?|files?|input|format|dates?|ids?|access|names?|instruction|move|transition)",
        "court (?:dates?|hearings?|calendar|bookings?|reservations?|deadlines?|cases? (?:board|project|template))|(?:tennis|food|basketball|squash|badminton) courts?|(?:hearing|filing) dates?",
        "law (?:firms?|office|school|students?|practice)|(?:legal|law) (?:industry|sector|practice|background)",
        "(?:track|tracking|types? for|templates? for|manage|managing|category for|boards? for|fields? for|register of|number of) (?:our |the )?(?:lawsuits?|litigation|legal|court|contracts?|claims|complaints?|gdpr)",
        "(?:not|isnt|no|nothing|without) (?:a |any )?(?:legal|lawyers?)(?: \\w+)?|(?:my|a) (?:lawyer|attorney) friend|(?:i am|im|as) an? (?:lawyer|attorney|solicitor|paralegal)(?! (?:representing|acting|for|on behalf))",
        "(?:claim|claimed|claiming) (?:\\w+ ){0,3}(?:domain|task|ticket|account|invitation|card)|(?:complaints?|gdpr requests?) (?:from|of|by) (?:our|my|their) ~2 (?:customers?|clients?|users?|guests?)|(?:our|my) (?:own )?(?:clients?|customers?) ~1 (?:gdpr|complaints?|legal|lawsuits?)",
        "sla ~6 breach\\w*|breach\\w* ~3 sla|wip limit ~4 (?:violat|breach)\\w*",
        "(?:our|my) (?:own )?(?:lawyers?|attorneys?|legal (?:team|department|counsel)|solicitors?) ~2 (?:uses?|using|works?|working|track|need access|needs access|as guests?|manages?|is in|are in|read only|to a project|can (?:only )?see (?:the|our|this|one))",
    ),
    "human_request": (
        "(?:user|automation|ai|build|mail|transfer|travel|estate|insurance|sales|real estate|browser|monitoring|ci|deployment|proxy|background) agents?|agents? (?:headers?|strings?|roles?|permissions?|fields?|columns?|names?|field|ids?|boards?|keys?|tokens?|settings?|rules?)",
        "human (?:readable|friendly|resources?|error|rights|factor|made|errors)|(?:persons?|people|contact|manager|representative|phone number|phone|call|operator|supervisor|agent|team) (?:fields?|columns?|roles?|view|permissions?|filter|type|picker|property|tag|label|card|list)",
        "(?:contact|phone) persons?|(?:person|people) (?:who|that|which) (?:created|made|edited|deleted|left|changed|owns|moved|assigned)|per person|(?:more than )?one person|another person|each person|(?:assign|assigned) (?:\\w+ ){0,5}(?:to )?(?:a |the |one |another |more than one )?(?:person|people|someone|somebody)",
        "(?:my|our|his|her|their|each|every|another|other|project|sales|product) (?:own )?(?:managers?|supervisors?|agents?|team|representatives?|reps?|colleagues?|boss|staff|employees?|people|team ?mates?|experts?|owner|director|engineers?|support agents?|advisers?|operators?)",
        "(?:customer )?support agents? (?:\\w+ ){0,6}(?:added|guest|invited|role|member)",
        "(?:api|webhook|function|rest|http|graphql|recurring|conference|video|zoom|first|remote) calls?|calls? (?:to|of|per|from) (?:the )?(?:api|v\\d|endpoint|minute|hour|server|webhook|function)|make (?:a|an|the|api) calls? (?:to|with)|call the (?:api|endpoint|webhook)",
        "(?:my|our|new|old|lost|wrong|second|different|mobile|android|company) (?:\\w+ ){0,1}phone(?: number)?(?! support)|phone numbers? (?:in|on|as|format)|call with (?:my|our) \\S+",
        "(?:slack|github|jira|teams|zapier|trello|telegram|discord|our|my) (?:ro)?bots?|bots? (?:posts?|user|account|token|integration|permissions?|sends?|in (?:slack|our|the))",
        "(?:search|and|or|not|logical|filter|boolean|comparison|which) operators?|operators? (?:like|in|do|for)",
        "(?:dont|do not|no|not) (?:\\w+ ){0,2}(?:need|want|have|necessary) (?:\\w+ ){0,3}(?:humans?|person|call|agent|to call|phone)|no need (?:to|for) (?:\\w+ ){0,2}(?:call|human|person|agent|phone|escalate)|dont (?:call|phone|ring) (?:me|us)",
        "(?:your|the) (?:agent|person|colleague|human|rep|representative) ~2 (?:helped|told|said|explained|i spoke|i talked|i met|was|from last)|i (?:called|phoned|spoke to|talked to|asked) (?:my|our|a) ~2 (?:colleague|manager|boss|friend|team)|(?:spoke|talked) (?:to|with) (?:\\w+ ){0,3}(?:last|yesterday|already|before)",
        "(?:task|board|project|issue|assignee|ticket|card|comment|mention)s? (?:\\w+ ){0,3}(?:to|for|by|with) (?:a |an |the |another )?(?:person|someone|somebody|people|agent|manager)",
        "live (?:data|updates?|preview|view|dashboards?|documents?|chat (?:for|with) our)|escalat\\w+ (?:board|column|rule|tag|label|status|list|a task|tasks|overdue|automatically)|(?:our|my) (?:customers|users|clients) (?:\\w+ ){0,3}(?:call|talk|speak|chat)",
    ),
}  # fmt: skip

HOW_TO = (
    "(?:how (?:do|can|could|would|should|to|2|does|i|we)|where (?:do|can|is|are|should)|can (?:i|we|one|guests|members|admins)|could (?:i|we)|may (?:i|we)|is there (?:a|any) (?:way|option|setting|template)|is it possible|"
    "are we able|am i able|what is the (?:best )?way|i am trying|im trying|we are trying|i want to|we want to|id like to|we would like to|i would like to|we need to|i need to|please explain how) (?:i |we |you |one |to |for us |for me |someone |in |techcorp |a |an |the )*"
    "(?:add|create|make the|write|put|import|export|filter|sort|rename|show|hide|track|build|make a (?:form|board|report|field|template|task|view|chart|dashboard|column)|set|set up|configure|label|tag|sum|calculate|assign|link|invite|restrict|change|edit|delete|remove|move|map|turn on|turn off|"
    "enable|disable|upload|attach|automate|manage|record|display|format|group|search|use|route|restore|customi[sz]e|collect|log|see which|list|mark|colou?r|archive|duplicate|copy|embed|sync|integrate|model|organi[sz]e|plan|store|enter)"
)
"""The opening of a question about using the product: a request found in the same sentence counts as a mention."""

KEYWORDS = (
    "refund", "refunds", "refunded", "reimburse", "reimbursement", "money", "pricing", "price", "prices", "discount",
    "discounts", "quotation", "charged", "lawyer", "lawyers", "attorney", "solicitor", "lawsuit", "subpoena", "legal",
    "human", "agent", "person", "representative", "manager", "supervisor", "operator", "connect", "expensive",
    "transfer", "someone", "litigation", "chargeback", "robot", "speak", "negotiate", "twice", "payment", "counsel",
    "compensation", "subscription", "complaint",
)  # fmt: skip
"""Words whose misspellings are read as meant: one letter missing, doubled, wrong or swapped."""

NOT_MISSPELT = frozenset({
    "agente", "agents", "argent", "attorneys", "changed", "charge", "charger", "charges", "charred", "charted",
    "complain", "complains", "complaints", "compliant", "connects", "counsels", "discounted", "expansive",
    "extensive", "honey", "humain", "humana", "humane", "humani", "humano", "humans", "hunan", "lawsuits", "layer",
    "layers", "legale", "legali", "legals", "manage", "managed", "managers", "manages", "monet", "moneys", "monkey",
    "monty", "negotiated", "negotiates", "operador", "operatore", "operators", "parson", "payments", "peak",
    "pearson", "persona", "persone", "persons", "priced", "pricer", "pricey", "pricier", "prick", "pride", "prime",
    "prince", "princes", "prize", "prized", "prizes", "regal", "representatives", "rice", "robots", "root",
    "sawyer", "sneak", "spark", "speaks", "spear", "speck", "spoke", "steak", "subscriptions", "supervisors",
    "supervisory", "transfere", "transfers", "transfert",
})  # fmt: skip
"""Real words, of other languages too, that lie one letter from a keyword."""
