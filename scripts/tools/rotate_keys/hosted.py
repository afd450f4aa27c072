"""The same steps on a hosted project, where a person takes them."""

MESSAGES = """\
Hosted, messages:
  1. Put the new key behind the others in the secret: OLD:…,NEW:$(openssl rand -base64 32)
     gcloud secrets versions add connect-message-keys --data-file=-
  2. Give it to every instance, and wait until all traffic is on the new revision:
     gcloud run services update connect --region=REGION \\
         --update-secrets=CONNECT_MESSAGE_KEYS=connect-message-keys:VERSION
  3. Name it, in the SQL editor:  update settings set message_key_id = 'NEW';
  4. The old key stays until nothing was sealed with it:
     select key_id, count(*) from blind_chat_messages group by 1;
     select key_id, count(*) from private.report_evidence group by 1;
     Chats end by themselves after 30 idle days, and evidence goes with its report, so nothing is sealed anew.
     Then leave it out as in 1 and 2, not before 24 hours after step 3: repeated requests are recognised
     by it."""

TOKENS = """\
Hosted, tokens (dashboard: Project Settings, JWT Keys):
  1. Once: both deployments have SUPABASE_JWKS_URL=$SUPABASE_URL/auth/v1/.well-known/jwks.json
  2. Create a standby key (ES256). Wait 20 minutes: whoever keeps the document must have seen it.
  3. Rotate keys: the standby signs from now on, the one before is still accepted.
  4. Revoke the old one when its last token has run out (an hour by default; 20 minutes more for caches).
     The HS256 secret only after anon and service_role keys have given way to sb_publishable_ and
     sb_secret_ keys; then leave SUPABASE_JWT_SECRET out of both deployments."""
