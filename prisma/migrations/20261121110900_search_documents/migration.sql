-- The documents that the embedded search backend looks through. They belong to the installation, not to a customer:
-- an admin loads them for all.

-- How the words of a language are reduced to their stems. Languages that PostgreSQL has no dictionary for are taken
-- word by word. Immutable, because a configuration that is named here is part of every PostgreSQL.
CREATE FUNCTION search_config(p_language text) RETURNS regconfig LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE p_language
    WHEN 'ar' THEN 'pg_catalog.arabic'::regconfig
    WHEN 'de' THEN 'pg_catalog.german'::regconfig
    WHEN 'en' THEN 'pg_catalog.english'::regconfig
    WHEN 'es' THEN 'pg_catalog.spanish'::regconfig
    WHEN 'fr' THEN 'pg_catalog.french'::regconfig
    WHEN 'hi' THEN 'pg_catalog.hindi'::regconfig
    WHEN 'id' THEN 'pg_catalog.indonesian'::regconfig
    WHEN 'it' THEN 'pg_catalog.italian'::regconfig
    WHEN 'nl' THEN 'pg_catalog.dutch'::regconfig
    WHEN 'pt' THEN 'pg_catalog.portuguese'::regconfig
    WHEN 'ru' THEN 'pg_catalog.russian'::regconfig
    WHEN 'tr' THEN 'pg_catalog.turkish'::regconfig
    ELSE 'pg_catalog.simple'::regconfig
  END
$$;

CREATE TABLE search_document (
  id uuid PRIMARY KEY,
  url text NOT NULL UNIQUE,
  -- The host of the URL in lower case, without "www.".
  domain text NOT NULL,
  title text NOT NULL,
  content text NOT NULL,
  authors text,
  -- ISO 639-1; null: not known.
  language text CHECK (language ~ '^[a-z]{2}$'),
  published_at timestamptz,
  -- When the text was read from its page.
  crawled_at timestamptz NOT NULL,
  adult boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT now(),
  words tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector(search_config(language), title), 'A') || setweight(to_tsvector(search_config(language), content), 'B')
  ) STORED
);
CREATE INDEX search_document_words ON search_document USING gin (words);

-- Full-content results of a search beyond those that are free are priced apart from the search.
ALTER TABLE sku DROP CONSTRAINT sku_token_class_check;
ALTER TABLE sku ADD CONSTRAINT sku_token_class_check CHECK (token_class IN ('input', 'cache_read', 'cache_write_5m',
  'cache_write_1h', 'output', 'audio_input', 'audio_output', 'image_input', 'search', 'search_full_content'));
