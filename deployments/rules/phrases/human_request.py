"""Phrases of human_request: the customer asks for a person, or to be called."""

from __future__ import annotations

REQUESTS = (
    r"human (?:help|support|assistance|answer|reply) (?:needed|required|please|pls|now|asap)",
    r"is there (?:an? |any )?(?:agent|human|person|someone|somebody|anyone) (?:who|that) (?:speaks?|can speak)",
    (
        "(?:talk|talking|speak|speaking|spoken|chat|chatting|tlk|conversation|word|discuss this|discuss it) "
        "~1 (?:to|with|2|w) ~3 (?:<people>|tech support|actual)"
    ),
    (
        "(?:connect|transfer|put|pass|hand|forward|redirect|route|escalate|switch|refer|bring|send|assign) "
        "(?:<my_case>) ~2 (?:to|with|through|over to|onto|on to) ~4 (?:<people>)"
    ),
    "(?:connect|speak|talk|speaking|chat) (?:with |to )?(?:an? |the |ur |your )?(?:live )?(?:<people>)$",
    "put (?:me|us) (?:through|in touch)|hand (?:me|us) over|transfer me",
    "escalate (?:this|it|my (?:case|ticket|issue|complaint)) (?:to|please|now|immediately|further)",
    (
        "(?:want|need|get|give|like|prefer|demand|request|have|require|bring|find|send|wanna|let|be|rather|"
        "expect|deserve|assign|is there|are you) ~4 (?:humans?|human being|real person|actual person|live "
        "person|real people|live agent|real agent|human agent|support agent|support rep|customer service "
        "reps?|live support|call ?back|live human|human support|human help)"
    ),
    (
        "(?:want|need|get me|give me|demand|get us|bring me|i require|would like) (?:to (?:see|have|get|"
        "reach) )?(?:an? |the |your |ur |some )?(?:person|agent|representative|rep|operator|supervisor|"
        "manager)(?: to (?:look|handle|solve|help|answer|call|talk|contact|deal|read|fix)| please| pls| now| "
        "here|$)"
    ),
    (
        "(?:real|actual|live|living|genuine|human) (?:person|people|humans?|agents?|beings?|employees?|"
        "representatives?|reps?|support|operators?|staff|advis[oe]rs?)(?! field| column| readable)"
    ),
    "(?:call|phone|ring|telephone) (?:me|us)",
    "(?:give|gimme) (?:me |us )?a (?:call|ring|bell|buzz)(?: back)?",
    "call ?backs? (?:please|pls|asap|today|request)|(?:request|want|need|like|get|schedule) ~2 call ?back",
    (
        "(?:your|ourcompany|ur|support|customer service|customer support) ~1 (?:phone|telephone|hotline|"
        "contact) ?(?:numbers?|line)"
    ),
    (
        "(?:phone|telephone) (?:numbers?|line) (?:of|for|to) ~2 (?:support|customer (?:service|support|care)|"
        "ourcompany|help|your|call|reach|contact)"
    ),
    "numbers? (?:can|could|do|should|to|i can|we can|where) ~2 (?:call|ring|phone|dial|reach)",
    (
        "(?:talk|speak|discuss|discuss this|sort this|sort it|do this|support|help) ~3 (?:by|over|on|via) "
        "(?:the |a )?(?:phone|telephone)"
    ),
    "phone support|over the phone",
    "call with ~3 (?:you|your|ur|someone|somebody|support|sales|an expert|ourcompany|engineers?|specialists?)",
    (
        "(?:no|no more|not (?:a|an|the|this|to)|stop|hate|dont want|do not want|tired of|sick of|enough of|"
        "instead of|rather than|past|talking to|talk to|chatting with|chat with|useless|speak to|speaking to|"
        r"speaking with) ~4 (?:<bots>|automated (?:replies|reply|answers?|responses?|messages?)|canned \w+)"
    ),
    ("(?:is this|are you|r u|am i talking to|youre) ~2 (?:<bots>) ~12 (?:human|person|someone|agent|real|somebody)"),
    (
        r"(?:someone|somebody|anyone|anybody|one of your \w+|member of ~3|staff|person|human|employee|"
        "colleague|manager|engineer|rep) ~6 (?:call|phone|ring|contact|reach out to|get in touch with|get "
        "back to|write to|speak to|speak with|talk to|talk with|get in contact with) (?:me|us)"
    ),
    (
        "(?:speak|talk|get|ask|call|contact|pass|want|need|let|forward|escalate|complain|see|reach) ~4 "
        "(?:your|ur|a) ~1 (?:boss|managers?|supervisors?|superiors?|team lead|director|ceo|management)"
    ),
    (
        "(?:an?|any|some|actual) (?:humans?|human being|real person|actual person|employee|staff member|live "
        "person) ~4 (?:look|review|check|read|handle|answer|reply|respond|take over|help|there|reading|here)"
    ),
    "(?:customer service|support) reps?(?: please| pls|$)|id like a (?:person|human)",
    "(?:who|whom) can i (?:speak|talk) (?:to|with)|(?:your|is there an?|have an?|the support|any) hotline",
    (
        "(?:can|could|shall|lets|let us|may) (?:we|i|us) ~2 (?:zoom|skype|facetime|speak|ring|telephone)(?: "
        "you| about| on|$)"
    ),
    ("(?:zoom|skype|video|phone|telephone|voice|teams) (?:call|meeting|chat) (?:with|about|please|pls|possible|to)"),
    "(?:quick|short) (?:call|zoom|phone|video)",
    "(?:speak|talk|discuss|explain|meet) ~4 (?:in person|face to face)",
    "personal (?:conversation|contact|assistance)|dedicated (?:contact|account manager)|account manager",
    (
        "(?:get hold of|get a hold of|reach) (?:you|u|anyone|anybody|someone|somebody|your (?:office|team|"
        "people|support))"
    ),
    "(?:what|which) number (?:do|can|should)|your (?:telephone|phone) line",
    "(?:whos|who is) (?:your|ur) (?:boss|manager|supervisor)",
    "who(?:s| is) (?:above you|in charge (?:there|over there|here)|the boss)",
    "is (?:there )?(?:anyone|anybody|somebody|someone) (?:there|home|alive|real|else (?:there|i can))",
    "anyone (?:there|home|alive)",
    (
        "(?:can|could|would|let|have|get|want|need|like|please|rather|ask) ~4 one of (?:your|ur) ~1 "
        "(?:people|colleagues|team|engineers?|experts?|specialists?|technicians?|guys|folks|staff|"
        "developers?|devs|agents?|employees?|support)"
    ),
    (
        "(?:can|could|would) one of you ~2 (?:call|ring|contact|phone|talk|speak|pick up|take over|get in "
        "touch|telephone)"
    ),
    (
        "(?:bot|robot|machine|computer|ai|assistant|software|program) ~3 (?:cant|cannot|doesnt|does not|wont|"
        "will never) (?:understand|grasp|solve|help|get)"
    ),
    (
        "(?:no|no more|stop|another|enough of|enough with|tired of|sick of|dont want|dont give|not) ~4 "
        "(?:auto|automatic|automated|canned|scripted|generated|copy pasted?|templated?) ~1 (?:answers?|"
        "replies|reply|responses?|messages?|texts?)"
    ),
    "reach (?:a |an )?(?:human|person|agent|representative|someone|somebody)",
    "(?:agent|representative|human) (?:to )?(?:contact|call|phone) (?:me|us)",
    "(?:let|have) a (?:person|human) (?:answer|look|read|check|handle)",
    "^(?:please )?escalate(?: please| now| this)?$",
    (
        "(?:engineer|person|human|someone|somebody|anyone|anybody|agent) (?:that |who )?(?:i|we) can (?:talk|"
        "speak|call|write)"
    ),
    "(?:hop|jump|get) on a (?:quick )?call",
    "(?:name|number) (?:and number )?of (?:your|ur|a) (?:manager|supervisor|boss)",
    "(?:a|the) (?:phone|telephone) number(?: please| pls)?$|face to face",
    "here is my (?:mobile|number|phone|cell)|on site visits?",
    "(?:where is|where are|wheres) (?:the|your|ur) (?:staff|people|support)",
    "(?:get|bring|fetch) (?:ur|your) (?:colleagues?|boss|manager|team|people)",
    (
        "(?:did|has|have|does|do) (?:anyone|anybody|a human|a person|someone|somebody|real (?:people|"
        "employees)|an employee) ~4 (?:read|seen|see|looked at|look at) ~1 (?:this|these|it|tickets?|mails?|"
        "messages?|emails?|what i)"
    ),
    "checked by hand|(?:somebody|someone|person) with (?:authority|a brain|a pulse)",
    (
        "(?:could|can|shall|lets|may|would) (?:we|i|you|one of you) (?:please )?(?:do|have|hold|arrange|"
        "schedule|set up|book|get) ~3 (?:call|meeting|zoom|video|phone|appointment)"
    ),
    "call would (?:be|sort|help|solve)",
    "refuse to (?:discuss|talk|chat|deal|write|speak) ~4 (?:software|<bots>)",
    "your (?:management|ceo|boss|director|manager) (?:should|must|needs to|has to|to) (?:know|hear|see|read)",
    "contacted by ~4 (?:agent|person|human|someone|representative|employee)",
    (
        "^(?:(?:hi|hello|hey|please|pls|just|a|an|get|give me|need|want|i want|i need|live|real|human|"
        "customer|support|service) )*(?:agents?|humans?|operator|representative|rep|person|somebody|someone|"
        r"supervisor|manager|customer service|human being|human help|human support)(?: (?:pl\w*|now|asap|"
        "here|thanks|thx|thank you|tia|cheers))*$"
    ),
)
"""Requests in English."""

FOREIGN = (
    (
        r"(?:hablar|comuni\w+|contactar|pas[ea]\w*|conect\w+|transf\w+|atienda) ~2 (?:con|a) ~2 (?:personas?|"
        r"humano|agente|asesor\w*|operador\w*|representante|alguien|ejecutivo|encargado|supervisor)"
    ),
    r"persona (?:real|humana|de verdad)|(?:llam\w+) (?:me|por telefono)|llamenme|que me llamen",
    "pueden llamarme|(?:quiero|necesito) (?:a )?(?:un|una) (?:humano|persona|agente)",
    (
        r"(?:falar|conversar|transf\w+|contato|passa\w*) ~3 (?:com|para|pra) ~2 (?:atendente|pessoa|humano|"
        "alguem|representante|operador|gerente)"
    ),
    r"pessoa (?:real|de verdade)|atendimento humano|atendente humano|me ligu?\w*|podem ligar",
    "(?:quero|preciso de?) (?:um|uma) (?:humano|pessoa|atendente)",
    (
        "(?:parler|discuter|echanger|relation|contact|passez moi|joindre) ~3 (?:a|avec|un|une)? ~2 "
        r"(?:humain|personne|quelqu\w*|conseillere?|agent|operateur|responsable|representant|etre humain)"
    ),
    "(?:vraie|vrai) (?:personne|humain)|(?:m|me) ?appeler|rappele[rz]|appelez moi|un humain",
    (
        r"(?:sprechen|reden|verbinden|verbunden|kontakt|schreiben) ~5 (?:mensch\w*|mitarbeiter\w*|jemand\w*|"
        r"person|berater\w*|vorgesetzten?)"
    ),
    (
        r"(?:mensch\w*|mitarbeiter\w*|jemand\w*|berater\w*|person|vorgesetzten?) ~2 (?:sprechen|reden|"
        "verbinden|verbunden)"
    ),
    r"echten? (?:mensch\w*|person)|rufen sie ~2 an|ruckruf|(?:rufen|ruft) ~3 (?:mich|uns) ~2 an",
    "(?:brauche|will|mochte|bitte) einen? ~1 menschen",
    (
        r"(?:parlare|parlo|collegar\w*|mett\w+|pass[ia]\w*|contatt\w+) ~4 (?:persona|operatore|qualcuno|umano|"
        "essere umano|responsabile|addetto)"
    ),
    r"persona (?:vera|reale)|chiamarmi|chiamatemi|richiam\w+|operatore umano",
    "(?:mens|medewerker|iemand) (?:spreken|praten)|met een mens|bel mij|terugbellen",
)
"""Requests in Spanish, Portuguese, French, German, Italian, Dutch."""

MENTIONS = (
    "humans?|persons?|people|agents?|representatives?|reps?|someone|somebody|sum1|anyone|anybody",
    "operators?|supervisors?|superiors?|managers?|boss|director|ceo|owner|advis[oe]rs?|specialists?",
    "experts?|engineers?|employees?|staff|colleagues?",
    "(?:your|ur|support) (?:team|people|folks|crew|side|office|company)|call|phone|telephone|ring|hotline",
    "talk|speak|chat|chatting|conversation|voice|bots?|robots?|chat ?bots?|ai|machines?|computer|software",
    r"program|algorithm|assistant|automat\w+ (?:\w+ )?(?:answers?|repl\w+|responses?|messages?)|canned",
    "scripted|template|in charge|whoever|escalate|put me|pass me|hand (?:me|this|it)|taken over|somebody",
    "senior|mobile|zoom|skype|video|visits?|office|sales|demo|appointment|voices?|spoken|speaking|read",
    "by hand|hear|anyone else|authority|decide|autopilot|generated|real|reply|take over|line|pulse|flesh",
    "brain|alive|living|personally|anyone there|meeting|contact|reach|word with|next level|get back to me",
    "in person",
)
"""Words of the class, without a context that tells what is meant."""

PRODUCT = (
    (
        "(?:user|automation|ai|build|mail|transfer|travel|estate|insurance|sales|real estate|browser|"
        "monitoring|ci|deployment|proxy|background) agents?"
    ),
    (
        "agents? (?:headers?|strings?|roles?|permissions?|fields?|columns?|names?|field|ids?|boards?|keys?|"
        "tokens?|settings?|rules?)"
    ),
    "human (?:readable|friendly|resources?|error|rights|factor|made|errors)",
    (
        "(?:persons?|people|contact|manager|representative|phone number|phone|call|operator|supervisor|agent|"
        "team) (?:fields?|columns?|roles?|view|permissions?|filter|type|picker|property|tag|label|card|list)"
    ),
    "(?:contact|phone) persons?",
    "(?:person|people) (?:who|that|which) (?:created|made|edited|deleted|left|changed|owns|moved|assigned)",
    "per person|(?:more than )?one person|another person|each person",
    (
        r"(?:assign|assigned) (?:\w+ ){0,5}(?:to )?(?:a |the |one |another |more than one )?(?:person|people|"
        "someone|somebody)"
    ),
    (
        "(?:my|our|his|her|their|each|every|another|other|project|sales|product) (?:own )?(?:managers?|"
        "supervisors?|agents?|team|representatives?|reps?|colleagues?|boss|staff|employees?|people|team "
        "?mates?|experts?|owner|director|engineers?|support agents?|advisers?|operators?)"
    ),
    r"(?:customer )?support agents? (?:\w+ ){0,6}(?:added|guest|invited|role|member)",
    "(?:api|webhook|function|rest|http|graphql|recurring|conference|video|zoom|first|remote) calls?",
    r"calls? (?:to|of|per|from) (?:the )?(?:api|v\d|endpoint|minute|hour|server|webhook|function)",
    "make (?:a|an|the|api) calls? (?:to|with)|call the (?:api|endpoint|webhook)",
    (
        r"(?:my|our|new|old|lost|wrong|second|different|mobile|android|company) (?:\w+ ){0,1}phone(?: "
        "number)?(?! support)"
    ),
    r"phone numbers? (?:in|on|as|format)|call with (?:my|our) \S+",
    "(?:slack|github|jira|teams|zapier|trello|telegram|discord|our|my) (?:ro)?bots?",
    "bots? (?:posts?|user|account|token|integration|permissions?|sends?|in (?:slack|our|the))",
    "(?:search|and|or|not|logical|filter|boolean|comparison|which) operators?",
    "operators? (?:like|in|do|for)",
    (
        r"(?:dont|do not|no(?! \w+ (?:i|we) )|not) (?:\w+ ){0,2}(?:need|want|have|necessary) (?:\w+ ){0,3}"
        "(?:humans?|person|call|agent|to call|phone)"
    ),
    r"no need (?:to|for) (?:\w+ ){0,2}(?:call|human|person|agent|phone|escalate)",
    "dont (?:call|phone|ring) (?:me|us)",
    (
        "(?:your|the) (?:agent|person|colleague|human|rep|representative) ~2 (?:helped|told|said|explained|i "
        "spoke|i talked|i met|was|from last)"
    ),
    "i (?:called|phoned|spoke to|talked to|asked) (?:my|our|a) ~2 (?:colleague|manager|boss|friend|team)",
    r"(?:spoke|talked) (?:to|with) (?:\w+ ){0,3}(?:last|yesterday|already|before)",
    (
        r"(?:task|board|project|issue|assignee|ticket|card|comment|mention)s? (?:\w+ ){0,3}(?:to|for|by|with) "
        "(?:a |an |the |another )?(?:person|someone|somebody|people|agent|manager)"
    ),
    "live (?:data|updates?|preview|view|dashboards?|documents?|chat (?:for|with) our)",
    r"escalat\w+ (?:board|column|rule|tag|label|status|list|a task|tasks|overdue|automatically)",
    r"(?:our|my) (?:customers|users|clients) (?:\w+ ){0,3}(?:call|talk|speak|chat)",
)
"""Words of the class where nothing is asked for: parts of the product, things already said or not wanted."""
