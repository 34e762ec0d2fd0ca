-- What the query API reads again and again, kept by the database itself beside what the stages write.

-- Whether the title or a description names the Central America Regional Security Initiative.
ALTER TABLE activities ADD COLUMN names_carsi boolean GENERATED ALWAYS AS (
    coalesce(
        jsonb_path_query_array(report::jsonb, '$.title[*].text')::text
            || jsonb_path_query_array(report::jsonb, '$.descriptions[*].narratives[*].text')::text
        ~* '\mCARSI\M|Central American? Regional Security Initiative|Iniciativa Regional de Seguridad (para|de) (Centroam(e|é|É)rica|Am(e|é|É)rica Central)',
        false
    )
) STORED;

-- Who a transaction says provides its money.
ALTER TABLE transactions ADD COLUMN provider text COLLATE "C"
    GENERATED ALWAYS AS (data::jsonb #>> '{provider,identifier}') STORED;
