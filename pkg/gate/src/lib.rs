//! Gates: the Secrets and ConfigMaps that the servers' pods wait for.
