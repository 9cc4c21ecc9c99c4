"""The rollout's chapter of `xc demo`: a good change and a bad one on the switches that run, in waves with gates.

changes    what is changed: a tenant more, a policy that is rendered wrongly
agreement  who must agree before, and does
chapter    both carried out on the lab, and what of it goes into the report
"""
