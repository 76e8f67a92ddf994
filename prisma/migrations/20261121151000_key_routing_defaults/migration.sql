-- Router fields of a key's requests that do not carry them; they go over those of its project and organization.
ALTER TABLE api_key ADD COLUMN routing_defaults jsonb NOT NULL DEFAULT '{}';
