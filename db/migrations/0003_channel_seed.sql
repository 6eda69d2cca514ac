-- The three channels and how each of them speaks. A person may change the rows; running this again changes nothing.
INSERT INTO channel_configs (channel, tone, max_response_length, length_unit, response_template) VALUES
    ('email', 'formal', 500, 'words',
     E'Dear {{ name or "Customer" }},\n\n{{ body }}\n\nKind regards,\nTechCorp Support\nTicket reference: {{ ticket }}'),
    ('whatsapp', 'conversational', 1600, 'characters', E'{{ body }}'),
    ('web_form', 'semi-formal', 300, 'words',
     E'Hello{% if name %} {{ name }}{% endif %},\n\n{{ body }}\n\nYour ticket is {{ ticket }}. You can follow it and reply here: {{ link }}')
ON CONFLICT (channel) DO NOTHING;
