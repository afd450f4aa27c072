"""The questionnaire: statements that members answer, and the signals that follow from their answers.

`items.toml` holds the statements, `scales.toml` what they measure, `loadings.toml` how scales become vectors.
`questionnaire` reads the files, `scoring` turns answers into vectors and readiness, `people` draws simulated
members who answer. The first two need only the standard library, since `connect` runs them too.
"""
