package io.flotilla.deploy.seeded.placement.store;

import io.flotilla.deploy.seeded.placement.plan.KnowsTheStore;
import java.util.Optional;

/** Breaks the rules: what is decided is stored, not who decides. */
public record KnowsTheScheduler(Optional<KnowsTheStore> scheduler) {}
