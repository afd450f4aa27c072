-- Every scheduled job and its time (UTC). Missed ticks are not replayed: each job works from state.

select cron.schedule(name, schedule, command)
from (values
    ('connect-matcher', '* * * * *',   'select private.ring(''matcher'')'),
    ('connect-expiry',  '*/5 * * * *', 'select private.expire_matches()'),
    ('connect-purge',   '17 3 * * *',  'select private.purge()')
) as jobs (name, schedule, command);
