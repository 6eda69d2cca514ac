"""Phrases of refund: money back, a disputed or wrong charge."""

from __future__ import annotations

REQUESTS = (
    (
        "refund (?:me|us|my|our|it|that|this|plz|pls|please|now|asap|immediately|the|all|what|for|everything|"
        "half|request for|policy|status|possible)"
    ),
    (
        "(?:want|wanted|need|demand|require|request|requesting|requested|expect|expecting|claim|get|give|"
        "given|have|like|wish|due|owe|owed|deserve|entitled|eligible|qualify|issue|process|ask|asked|asking|"
        "apply|promised|receive|await|awaiting|waiting|wheres?|where is|status of|full|partial|prorated|pro "
        "rated|complete|kindly|please|when|can you|could you|will you|would you|possible|still no|without a) "
        "~4 (?:refund|refunds|refunding|reimburse|reimbursement)"
    ),
    "(?:be|been|get|got|getting|want it|want this) ~2 (?:refunded|reimbursed)|my (?:money )?refunds?",
    "(?:i was|i am|im|we were|we are|still|yet) not (?:been )?(?:refunded|reimbursed)",
    "refunds? (?:policy|possible|take|takes|work|works|arrive|status|plz|pls|please|immediately|request$)",
    "(?:offer|do|give|issue|accept|make) ~2 refunds?|^(?:re |fwd )?refunds?(?: please| pls| plz| now)?$",
    "^refund request|requesting refund|^money back",
    (
        r"(?:request\w*|want\w*|need|get|give|claim|demand|insist|offer|have|honou?r|asking for|expect|promised) ~3 "
        "money back"
    ),
    "(?:give|send|pay) ~1 back ~2 (?:my|our|the) ~1 money|(?:my|our) money (?:returned|refunded)",
    (
        "(?:return|repay|give back|send back|pay back|hand back) (?:me |us |all |back )*(?:my|our|the|what) "
        "~3 (?:<money>|paid|spent)"
    ),
    ("(?:want|get|have|give|send|pay|put|transfer|wire|need) (?:me |us |to )*(?:my|our|the) ~2 (?:<money>) ~1 back"),
    "(?:what|everything|all|the money) (?:i|we) (?:have |ve )?(?:paid|spent) ~1 back",
    "return what (?:i|we|you) ~1 (?:paid|took|charged)|(?:pay|paid|transfer) (?:me|us|it) back",
    "how (?:can|do|could|would) (?:i|we) ~2 (?:a|my|our|the) refund$",
    r"getting a refund|^(?:re )?(?:charged|billed) twice|get my money|reimburs\w+ (?:me|us|my|our|for|the)",
    (
        "(?:i|we|me|us|my|card|account|customers?|been) ~4 (?:charged|billed|debited|invoiced) ~5 (?:twice|"
        "two times|double|2x|2 times|multiple times|again)"
    ),
    (
        "(?:you|u|ourcompany) ~2 (?:charged|billed|debited|took|taken) ~7 (?:twice|two times|double|2x|2 times|"
        "too much|by mistake|without|after|although|wrong)"
    ),
    "double (?:charged?|billed|billing|payment|debit)|charged double",
    "duplicate (?:charges?|payments?|billing|debit)|over ?charged|charge ?backs?",
    (
        "(?:wrongly|incorrectly|mistakenly|unauthori[sz]ed|wrong|erroneous|unknown|unexpected) (?:charged?|"
        "charges|billed|debit|payment|transaction)"
    ),
    (
        "(?:charged|billed|debited) ~7 (?:after|without|although|though|too much|by mistake|in error|wrong "
        "amount|want it back|i cancelled)"
    ),
    (
        "(?:charge|payment|transaction|debit) ~6 (?:dont|do not|didnt|did not|never|not) (?:recogni[sz]e|"
        "know|authori[sz]e|make|made|agreed|approve)"
    ),
    "disput(?:e|ing|ed) (?:the|this|a|your|that) ~3 (?:charges?|payment|transaction|invoice)",
    "(?:i|we) (?:have |ve )?paid (?:it )?(?:twice|two times|double)",
    (
        "(?:take|took|taken|cut|deducted?|withdrawn|withdrew|collected|pulled) ~6 (?:twice|two times?|2 "
        "times?|2x|double)"
    ),
    "(?:two|duplicate|double|identical|second) (?:payments?|debits?|charges|transactions|deductions?)",
    "over ?paid|overpayment|you (?:still )?owe (?:me|us)",
    "(?:reverse|undo|void|annul|cancel|revert|dispute) ~3 (?:payments?|purchase|transaction|debit|charge)",
    (
        "(?:my|our|the|last|a) ~2 (?:payment|purchase|transaction|debit|charge) ~2 (?:reversed|returned|"
        "undone|voided|reverted|refunded|sent back|given back|credited)"
    ),
    (
        "(?:dollars|money|amount|sum|cash|funds|fee|paid|spent|difference) ~3 (?:returned|reversed|repaid|"
        "sent back|given back|paid back|put back|credited)"
    ),
    (
        "(?:return|send back|give back|hand back|repay|pay back|give us back|give me back) ~3 (?:dollars|"
        "money|amount|sum|cash|funds|fee|difference|euros?|pounds|cent)"
    ),
    "(?:keep|keeps|kept|still) (?:taking|charging|billing|debiting|collecting|being charged|being billed)",
    "compensated for|recover what|out of the purchase|(?:lists?|shows?) (?:you|it|ourcompany) twice",
    "twice on (?:my|our) (?:card|statement|account)",
    (
        "(?:two|three) (?:bookings|entries|payments|debits|charges|of these) ~6 (?:same day|same account|"
        "statement|card|amex|visa)"
    ),
    "free month (?:is the least|as compensation|for the)|give (?:me|us) what (?:i|we) pa(?:y|id)",
    r"(?:every|last) (?:cent|penny) back|compensat\w+ (?:me|us) for",
    "(?:pay out|paid out|payout of) ~2 (?:balance|credit)|cooling off",
    "(?:withdraw from|step back from) ~2 (?:purchase|contract|order)",
)
"""Requests in English."""

FOREIGN = (
    r"reembols\w+",
    (
        r"(?:devuelv\w+|devolver\w*|devolucion|reintegr\w+|regres\w+) ~4 (?:dinero|plata|pago|pague|importe|"
        "cobro|dolares|euros)"
    ),
    "me (?:han cobrado|cobraron|cobrasteis) ~3 (?:dos veces|doble|de mas)|cobro (?:doble|duplicado)",
    "devuelvanme|devolverme",
    "reembolso|estorno|estornar|(?:dinheiro|valor|pagamento) de volta",
    r"(?:devolv\w+|devolucao) ~3 (?:dinheiro|valor|pagamento|que)",
    "cobrad[oa]s? ~2 (?:duas vezes|em dobro|duplicidade)|cobraram ~2 duas vezes",
    r"rembours\w+|(?:rendez|rendre|rendez moi|recuperer) ~3 argent",
    "(?:debite|facture|preleve)e?s? ~3 (?:deux fois|double)",
    r"geld zuruck|ruckerstatt\w+|erstatt(?:et|en|ung)\w*|ruckzahlung|zuruckzahlen",
    "(?:doppelt|zweimal) (?:abgebucht|berechnet|belastet|bezahlt)",
    r"rimbors\w+|(?:soldi|denaro) indietro|rivoglio ~2 (?:soldi|denaro)",
    r"restitu\w+ ~3 (?:soldi|denaro|importo)|addebitat\w+ ~2 due volte",
    r"geld terug|terugbetal\w+",
)
"""Requests in Spanish, Portuguese, French, German, Italian, Dutch."""

MENTIONS = (
    r"refund\w*|reimburs\w+|money|cash|compensat\w+|charged|charge|billed|debited|paid|pay|repay|repayment",
    "payments?|back|return|returned|owe|owed|owes|reverse|undo|annul|credit|bank|card|took|taken|dollars",
    "bucks|euros|transaction|purchase|subscription|invoiced|funds|sum|settle|give|twice|two times|stolen",
    "compensation|balance|renewed",
)
"""Words of the class, without a context that tells what is meant."""

PRODUCT = (
    (
        "(?:refund|refunds|refunded|return|returns|chargeback|reimbursement|credit notes? and refund) "
        "(?:requests? )?(?:reports?|boards?|dashboards?|columns?|fields?|status(?:es)?|lists?|tags?|labels?|"
        r"templates?|projects?|tasks?|forms?|workflows?|automations?|process\w*|tickets?|views?|filters?|"
        "pages?|types?|charts?|widgets?|cards?|numbers?|amount(?:s)? (?:field|as|column)|rules?|approvals?|"
        "stage|category|tab|section|queue|milestones?|value|codes?)"
    ),
    (
        r"(?:called|named|labelled|labeled|field|column|tag\w*|label|status|board|report|template|form|"
        "automation|rule|dashboard|category|section|move ~4|as) (?:a |for |to |on |of |about |our "
        ")*(?:refund|refunds|refunded|reimbursements?)"
    ),
    (
        "(?:clients?|customers?|shops?|buyers?|their own|patients?|students?|guests?) ~4 (?:refunds?|"
        "refunded|reimbursements?|returns|chargebacks?)"
    ),
    "returns and refunds",
    (
        "(?:chart|report|graph|table|list|board|dashboard|number|sum|total|count|view|template) (?:of|for|"
        "with) (?:our |the |all )*(?:refunds?|returns|reimbursements?|chargebacks?)"
    ),
    "refund from (?:amazon|ebay|paypal|apple|google)",
    (
        # Who was not refunded wants to be.
        "(?:dont|do not|didnt|not(?! refunded)|no|never|without|isnt) (?:want |need |asking for |ask for |asking "
        "about |looking for |require |about |after |wanting |need for |expect )?(?:a |any |my |the )*(?:refunds?|"
        "refunded|reimbursement|money back)"
    ),
    "(?:i|we) (?:have )?(?:got|received) (?:the|my|our|a) refund|thanks for (?:the|my) refund",
    "(?:api|endpoint|call|function|query|it|request|method) returns?",
    "return (?:values?|types?|to (?:the|my))",
    r"(?:go|went|get|come|bring|log|roll|switch|move|restore|send) (?:\w+ ){0,4}back (?:in|to|into|from)",
    "undo (?:a|an|the|my) (?:bulk|edit|change|move|delete)",
)
"""Words of the class where nothing is asked for: parts of the product, things already said or not wanted."""
