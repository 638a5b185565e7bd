package io.flotilla.deploy.seeded.placement.model;

import java.time.Instant;

/** Breaks the rules: replayed tomorrow, this says something else. */
public final class FindsTheTime {
  Instant now() {
    return Instant.now();
  }
}
