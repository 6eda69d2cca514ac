"""Phrases of legal: lawyers, courts, authorities, contracts, legal claims."""

from __future__ import annotations

REQUESTS = (
    "(?:provide|give|send|issue|need|want|sign|get|have) ~3 legal (?:statement|confirmation|opinion)",
    (
        "(?:my|our|a|an|the|your|ur) ~1 (?:<counsel>) ~1 (?:(?:will|ll|would|shall|is going to|are going to|"
        "gonna|is about to) ~2 (?:contact|call|write|be|handle|take|send|hear|reach|deal|get|sue|file|see|"
        "talk|email|respond|follow|know)|(?:has|have) (?:advised|been|told|already|contacted|asked|sent|"
        "prepared)|advised|advises|told|says|agrees|wants to (?:see|know|speak|talk)|demands|contacted|"
        "informed|disagrees|objects?)"
    ),
    (
        r"(?:contact|contacting|contacted|call|calling|consult\w*|speak|speaking|spoke|spoken|talk|talking|"
        r"talked|hear|hearing|get|getting|hire|hiring|hired|instruct\w*|involve|involving|involved|hand|"
        r"handing|handed|forward|forwarding|pass|passing|passed|turn|turning|see|seeing|inform\w*|retain\w*|"
        "lawyering|through|tell|ask|asked|need|bring|bringing|correspondence|via|reach|directly|represented "
        "by) (?:up |in |on |over |from |to |with |this |it |all |about |everything |the |matter |further |by "
        "|through )*(?:my|our|a|an|the|your|ur|their|his|her)? ~1 (?:<counsel>)"
    ),
    (
        "(?:i am|im|we are|were|as) (?:a |an |the )?(?:lawyers?|attorneys?|solicitors?|counsel) "
        "(?:representing|acting|for|on behalf|of)"
    ),
    "(?:act|acting|write|writing) (?:on behalf of|for) (?:our|my|a|the) clients?",
    (
        r"legal (?:actions?|proceedings?|steps?|claims?|notice|measures?|consequences|recourse|remed\w+|"
        "complaint|dispute|advice|letter|demands?|rights|basis|insurance|threat|case against|trouble|battle)"
    ),
    "legally (?:responsible|liable|binding|obliged|required)|legal route",
    ("(?:your|ourcompany|ur) ~1 (?:legal (?:department|team|counsel|contact)|lawyers?|general counsel|attorneys?)"),
    (
        "(?:take|taking|see|meet|drag|dragging|bring|bringing|go|going|settle|up|up in|enforce|through|end "
        "up|face|damages) ~5 (?:court|courts|tribunal|judge)"
    ),
    "(?:in|before|to|through) (?:a |the |small claims )?(?:courts?|tribunal)|see (?:you|u|ya) in court",
    "small claims|court orders?|before (?:a|the) (?:court|judge|tribunal)",
    "sue (?:you|u|ur|your|ourcompany|this company|them|for|over)",
    (
        "(?:i|we) (?:will|ll|shall|am going to|m going to|are going to|can|could|might|may|must|have to|"
        "gonna|m gonna|am gonna|want to|wanna) sue"
    ),
    r"suing|(?:be|being|get|getting) sued|going to sue|gonna sue|subpoena\w*",
    r"cease and desist|class action|(?:to|into) arbitration|prosecut\w+|press(?:ing)? charges",
    "summons(?:es)?|notice before action|file (?:a )?suit",
    ("breach(?:es|ed)? (?:of )?(?:the |our |your )?(?:contract|agreement|terms|law|gdpr|privacy|duty|confidentiality)"),
    "in breach of|breach of contract",
    (
        r"(?:violat\w+|breaking|breaks?|infring\w+|against|breach\w*) ~4 (?:gdpr|ccpa|law|laws|my rights|our "
        "rights|privacy|data protection|contract|agreement|copyrights?|trademarks?|patents?|rights)"
    ),
    r"gdpr (?:complaint|requests?|violations?|breach\w*|claim|deletion|erasure|fine)",
    "violation of (?:gdpr|the law|privacy|my)",
    (
        r"(?:complain\w*|complaint|report|reporting|reported|denounce|notify|notifying|letter) ~7 (?:ico|cnil|"
        r"aepd|ftc|bbb|regulators?|authorit\w+|ombudsman|consumer protection\w*|consumer rights|trading "
        "standards|attorney general|police|data protection|privacy commissioner)"
    ),
    r"data protection (?:authority|authorities|commission\w*|agency)|privacy commissioner|ombudsman",
    (
        "(?:under|per|according to|pursuant to|exercise|invoke|invoking) ~4 (?:gdpr|ccpa|dsgvo|article "
        "1[5-9]|data protection act)"
    ),
    "article 1[57]|subject access requests?|data subject",
    "right (?:to|of) (?:erasure|be forgotten|access to my)",
    "(?:hold|held|holding|are|be|is|who is|youre) ~3 liable|liable for|legal liability",
    "(?:seek|seeking|claim|claiming|demand|pay|sue for|compensation for) ~2 damages",
    (
        "(?:this|that|you|youre|it|what|thats|your|is|are|its) ~5 (?:illegal|unlawful|against the law|fraud|"
        "fraudulent|criminal)"
    ),
    "dmca|take ?down (?:notice|request)",
    r"(?:infring\w+|violat\w+|our|my|your) ~3 (?:copyright|trademark|patent|intellectual property)",
    (
        "(?:sign|signed|review|need|require|send|negotiate|countersign|agree) ~4 (?:nda|dpa|data processing "
        "agreement|non disclosure agreement|msa|terms of the contract)"
    ),
    "on behalf of (?:my|our) clients?|represents? ~4 in (?:this|the) (?:matter|dispute|case)",
    "counsel (?:to|for)|we act for|executor of|power of attorney",
    "serv(?:e|ed|ing|ice) (?:of )?(?:papers|documents|process|notice)",
    "(?:papers|documents|process) (?:to be )?served|injunction|criminal (?:complaint|charges|offen[cs]e)",
    "under oath|magistrate|barrister|bailiff|prosecutor",
    "(?:hold|holding|held) ~3 (?:accountable|answerable|responsible)|complaint against you",
    "trading standards|consumer (?:protection|rights|court|agency|bureau|association|office)",
    "information commissioner|better business bureau",
    "report(?:ing|ed)? (?:you|u|ourcompany|your company) (?:to|with)",
    (
        "(?:lodge|lodged|file|filed|filing) (?:a|an) (?:formal |official |criminal )?(?:complaint|report|"
        "grievance) (?:with|against)"
    ),
    "(?:engaged|hired|instructed|contacted|consulted) (?:a|an|our|my) law firm",
    "(?:delete|erase|remove|copy of|access to) ~7 gdpr|(?:broken|broke|break|breaking) the law",
    "accepts? (?:full )?(?:liability|responsibility)|legal means",
    "(?:solicitor|lawyer|attorney) (?:tells|says|told)",
    (
        "(?:my|our) (?:lawyers?|attorneys?|solicitors?|counsel) (?:is|are) (?:copied|drafting|preparing|"
        "looking|reviewing|involved|writing|on this|handling|advising|now)"
    ),
    "advice (?:from|of) (?:a|my|our) (?:lawyers?|attorneys?|solicitors?)",
    "(?:go|going|went) to (?:a |my |our |the )?(?:lawyers?|attorneys?|solicitors?|court)",
    "(?:gdpr|ccpa|data) (?:deletion|erasure) request|litigation hold|law enforcement|police report",
    r"go(?:ing)? to the police|terminat\w+ ~3 for cause|reserve ~3 rights",
)
"""Requests in English."""

FOREIGN = (
    r"abogad[oa]s?|(?:voy a|vamos a|les voy a|los voy a) ~1 demandar\w*|demandarlos",
    "demanda (?:judicial|legal|contra)|(?:acciones|medidas|vias?|accion) (?:legal(?:es)?|judicial(?:es)?)",
    "denunci(?:a|ar|are|aremos|arlos)|tribunal(?:es)?|(?:agencia|autoridad) ~2 proteccion de datos",
    r"llevar\w* a juicio",
    "advogad[oa]s?|processar (?:voces|vcs|a empresa|judicialmente)",
    "(?:medidas|acao|acoes|providencias) (?:legais|judicial|judiciais|legal)|procon|anpd|na justica",
    "denunciar",
    "avocate?s?|(?:poursuites?|actions?|demarches) (?:judiciaires?|en justice|legales?)|porter plainte",
    "plainte (?:aupres|a la|contre)|cnil|tribunal|mise en demeure|en justice",
    r"anwalt\w*|anwaltin|rechtsanwalt\w*|verklag\w+|rechtliche schritte|klage (?:einreichen|erheben)",
    "vor gericht|datenschutzbehorde|rechtsabteilung|abmahnung|strafanzeige",
    "avvocat[oi]|(?:fare|faro|faremo) causa|(?:vie|azioni|azione) legal[ie]|garante ~2 privacy",
    "in tribunale|denunci(?:a|are|ero|eremo)",
    "advocaat|rechtszaak|juridische stappen",
)
"""Requests in Spanish, Portuguese, French, German, Italian, Dutch."""

MENTIONS = (
    r"legal\w*|lawyers?|attorneys?|solicitors?|counsel|barristers?|courts?|judges?|magistrate|tribunal|sue",
    r"sued|law ?suits?|litigat\w+|law|laws|illegal|unlawful|police|authorit\w+|regulators?|watchdog|rights|contract",
    r"agreement|clause|terms|breach\w*|violat\w+|liab\w+|damages|gdpr|ccpa|privacy",
    "personal (?:data|information|details)|data protection|complaint|notice|proceedings|evidence",
    "consequences|compensation|fraud|crime|criminal|theft|hold (?:you|ourcompany)|held|account for",
    r"responsible|papers|served|deadline|consumer|statut\w+|article|case|copyright\w*|consent|jurists?",
    r"inspectorate|prosecut\w+|claim\w*|indemn\w+|formal\w*|official\w*|brand|patent\w*|trademark\w*",
    r"licence|permission|objections?|object|secrets?|sign|signed|signature|client|counsel|represent\w*",
    r"investigators?|officer|ministry|government|insur\w+|default|penalt\w+|void|obliged|entitled|erase\w*",
    "stored|strangers|losses|answerable|accountable|hearing|proof|confidential|against you|nda|dpa",
    "works council|arbitration|ombudsman|represent us|trouble|obligations?|enforce",
)
"""Words of the class, without a context that tells what is meant."""

PRODUCT = (
    "(?:with|from|by|ask|asked|tell|told|dear|hi|hello|thanks) sue(?: miller)?",
    "(?:webhook|request|payload|hmac|header|ourcompany|e ?mail|mail) signatures?",
    "signatures? (?:of|for|on|in) ~2 (?:webhooks?|requests?|payloads?|mails?|e ?mails?)",
    (
        r"legal (?:names?|entit\w+|form|forms|tasks?|boards?|projects?|templates?|workspaces?|tags?|labels?|"
        "documents? (?:board|folder|template)|fields?|columns?|address|holds? (?:field|tag|label)|folder|"
        "channel|group|category|status|work|cases? board|department uses|team uses|teams? (?:use|uses|works?|"
        "needs? (?:access|a|its|to see the)|has a|board))"
    ),
    (
        "(?:called|named|labelled|labeled|tag|label|board|column|project|list) (?:as )?(?:legal|court|"
        "compliance|contracts?)"
    ),
    r"(?:mr|mrs|ms|dr) \S+",
    (
        "illegal (?:characters?|arguments?|values?|states?|operations?|tokens?|files?|input|format|dates?|"
        "ids?|access|names?|instruction|move|transition)"
    ),
    "court (?:dates?|hearings?|calendar|bookings?|reservations?|deadlines?|cases? (?:board|project|template))",
    "(?:tennis|food|basketball|squash|badminton) courts?|(?:hearing|filing) dates?",
    "law (?:offices?|school|students?|practice)|(?:legal|law) (?:industry|sector|practice|background)",
    (
        "(?:track|tracking|types? for|templates? for|manage|managing|category for|boards? for|fields? for|"
        "register of|number of) (?:our |the )?(?:lawsuits?|litigation|legal|court|contracts?|claims|"
        "complaints?|gdpr)"
    ),
    r"(?:not|isnt|no|nothing|without) (?:a |any )?(?:legal|lawyers?)(?: \w+)?",
    "(?:my|a) (?:lawyer|attorney) friend",
    "(?:i am|im|as) an? (?:lawyer|attorney|solicitor|paralegal)(?! (?:representing|acting|for|on behalf))",
    r"(?:claim|claimed|claiming) (?:\w+ ){0,3}(?:domain|task|ticket|account|invitation|card)",
    "(?:complaints?|gdpr requests?) (?:from|of|by) (?:our|my|their) ~2 (?:customers?|clients?|users?|guests?)",
    r"(?:our|my) (?:own )?(?:clients?|customers?) ~1 (?:gdpr|complaints?|legal|lawsuits?)|sla ~6 breach\w*",
    r"breach\w* ~3 sla|wip limit ~4 (?:violat|breach)\w*",
    (
        "(?:our|my) (?:own )?(?:lawyers?|attorneys?|legal (?:team|department|counsel)|solicitors?) ~2 "
        "(?:uses?|using|works?|working|track|need access|needs access|as guests?|manages?|is in|are in|read "
        "only|to a project|can (?:only )?see (?:the|our|this|one))"
    ),
)
"""Words of the class where nothing is asked for: parts of the product, things already said or not wanted."""
