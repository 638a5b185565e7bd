package io.flotilla.deploy.seeded.placement.plan;

import io.flotilla.deploy.seeded.placement.store.KnowsTheScheduler;
import java.util.Optional;

/** Breaks the rules: a scheduler is a function of what it is shown. */
public record KnowsTheStore(Optional<KnowsTheScheduler> store) {}
