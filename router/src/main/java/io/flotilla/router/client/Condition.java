package io.flotilla.router.client;

/** When a put takes effect. */
public enum Condition {
  ALWAYS,
  /** Only if the key has no value. */
  IF_ABSENT,
  /** Only if the key has a value. */
  IF_PRESENT
}
