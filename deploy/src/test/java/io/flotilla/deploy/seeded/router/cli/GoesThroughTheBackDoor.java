package io.flotilla.deploy.seeded.router.cli;

import io.flotilla.deploy.seeded.router.map.Routes;

/** Breaks the rules: a command is a customer of the client. */
public record GoesThroughTheBackDoor(Routes routes) {}
