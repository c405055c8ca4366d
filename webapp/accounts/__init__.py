"""Users, memberships, roles, invitations and one-time links."""
