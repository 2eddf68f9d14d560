"""The reviewer's page: every number down to its evidence, in a folder that opens with no server and no network."""
