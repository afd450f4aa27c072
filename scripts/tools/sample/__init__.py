"""The sample community: made-up members with realistic joint distributions, the same for one seed.

`people` says who there is, either drawn or read by `profiles` from a CSV; `metros` and `languages`
where they live and what they speak; `preferences` whom they look for and `traits` whom not; `signals`
their vectors; `work` and `interests` what colleagues ask about.
`community` puts these together as columns, `load` writes them into an empty database and
`outcome` tells how a matcher run went for them.
"""
