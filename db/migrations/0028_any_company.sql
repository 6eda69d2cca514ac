-- Any company's name in the templates, and a knowledge base that is kept from several sources.

-- What a template may name of the company: every start and `nightdesk migrate` write it from company.toml.
ALTER TABLE channel_configs ADD COLUMN facts jsonb NOT NULL
    DEFAULT '{"company": "Customer", "address": "", "website": "", "help": ""}';

-- The template as it was shipped; one that a person has changed stays.
UPDATE channel_configs
SET response_template =
    E'Dear {{ name or "Customer" }},\n\n{{ body }}\n\nKind regards,\n{{ company }} Support\nTicket reference: {{ ticket }}'
WHERE channel = 'email' AND response_template =
    E'Dear {{ name or "Customer" }},\n\n{{ body }}\n\nKind regards,\nTechCorp Support\nTicket reference: {{ ticket }}';

-- Who keeps a passage: `documents` is the company's own, which every start brings up to date; anything else is the file
-- or folder that a person has named, which no start touches.
ALTER TABLE knowledge_base ADD COLUMN origin text NOT NULL DEFAULT 'documents';

-- Counts the changes of a model's passages, so that who has read them sees that they must be read again.
CREATE TABLE knowledge_versions (
    embedding_model text PRIMARY KEY,
    version         bigint NOT NULL
);
