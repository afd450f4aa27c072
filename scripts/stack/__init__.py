"""The local stack: a stand-in for the hosted platform. Postgres, PostgREST and the clients are the real ones.

`home` says where things are, `children` keeps programs alive, `supervisor` starts them in order;
`postgres`, `postgrest`, `proxy`, `deployments` and `background` each describe one program.
"""
