module scaffolding/issuer

go 1.26.0
