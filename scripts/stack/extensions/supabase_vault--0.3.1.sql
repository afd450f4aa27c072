-- The SQL surface of Vault. Secrets are stored encrypted; the root key is the file `vault.key` in the data
-- folder, so a dump shows no secret. Cipher: keystream sha256(root, nonce, counter), tag sha256(root, id, nonce,
-- text). As there a secret opens only in its own row, and whoever reads a row that does not open gets an error.

create table vault.secrets (
    id uuid primary key default gen_random_uuid(),
    name text,
    description text not null default '',
    secret text not null,
    key_id uuid,
    nonce bytea not null default decode(replace(gen_random_uuid()::text, '-', ''), 'hex'),
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp
);
create unique index secrets_name_idx on vault.secrets (name) where name is not null;
comment on table vault.secrets is 'Table with encrypted `secret` column for storing sensitive information on disk.';

create function vault._keystream_xor(message bytea, nonce bytea) returns bytea
language plpgsql stable security definer set search_path = 'pg_catalog' as $$
declare
    root bytea := pg_read_binary_file('vault.key');
    block bytea;
begin
    for place in 0 .. length(message) - 1 loop
        if place % 32 = 0 then
            block := sha256(root || nonce || int4send(place / 32));
        end if;
        message := set_byte(message, place, get_byte(message, place) # get_byte(block, place % 32));
    end loop;
    return message;
end
$$;

create function vault._tag(message bytea, id uuid, nonce bytea) returns bytea
language sql stable security definer set search_path = 'pg_catalog' as $$
    select sha256(pg_read_binary_file('vault.key') || uuid_send(id) || nonce || message)
$$;

create function vault._encrypt(plain text, id uuid, nonce bytea) returns text
language sql stable security definer set search_path = 'pg_catalog' as $$
    select translate(encode(vault._keystream_xor(convert_to(plain, 'UTF8'), nonce)
        || vault._tag(convert_to(plain, 'UTF8'), id, nonce), 'base64'), E'\n', '')
$$;

create function vault._decrypt(stored text, id uuid, nonce bytea) returns text
language plpgsql stable security definer set search_path = 'pg_catalog' as $$
declare
    whole bytea := decode(stored, 'base64');
    plain bytea := vault._keystream_xor(substr(whole, 1, length(whole) - 32), nonce);
begin
    if vault._tag(plain, id, nonce) <> substr(whole, length(whole) - 31) then
        raise exception 'invalid ciphertext' using errcode = 'data_exception';
    end if;
    return convert_from(plain, 'UTF8');
end
$$;

create view vault.decrypted_secrets as
    select id, name, description, secret, vault._decrypt(secret, id, nonce) as decrypted_secret,
           key_id, nonce, created_at, updated_at
    from vault.secrets;

create function vault.create_secret(
    new_secret text, new_name text default null, new_description text default '', new_key_id uuid default null
) returns uuid language plpgsql security definer set search_path = '' as $$
declare
    fresh bytea := decode(replace(gen_random_uuid()::text, '-', ''), 'hex');
    made uuid := gen_random_uuid();
begin
    insert into vault.secrets (id, secret, name, description, key_id, nonce)
    values (made, vault._encrypt(new_secret, made, fresh), new_name, new_description, new_key_id, fresh);
    return made;
end
$$;

create function vault.update_secret(
    secret_id uuid, new_secret text default null, new_name text default null,
    new_description text default null, new_key_id uuid default null
) returns void language plpgsql security definer set search_path = '' as $$
declare
    fresh bytea := decode(replace(gen_random_uuid()::text, '-', ''), 'hex');
begin
    -- as there: a secret that does not open cannot be changed either, only removed
    perform d.decrypted_secret from vault.decrypted_secrets d where d.id = secret_id;
    update vault.secrets as kept set
        secret = case when new_secret is null then kept.secret else vault._encrypt(new_secret, kept.id, fresh) end,
        nonce = case when new_secret is null then kept.nonce else fresh end,
        name = coalesce(new_name, kept.name),
        description = coalesce(new_description, kept.description),
        key_id = coalesce(new_key_id, kept.key_id),
        updated_at = now()
    where kept.id = secret_id;
end
$$;

revoke all on all functions in schema vault from public;
grant usage on schema vault to postgres with grant option;
grant usage on schema vault to service_role;
grant select, delete, truncate, references on vault.secrets, vault.decrypted_secrets to postgres with grant option;
grant select, delete on vault.secrets, vault.decrypted_secrets to service_role;
grant execute on function vault.create_secret, vault.update_secret, vault._decrypt to postgres with grant option;
grant execute on function vault.create_secret, vault.update_secret, vault._decrypt to service_role;

select pg_catalog.pg_extension_config_dump('vault.secrets', '');
