package io.flotilla.shard.kv;

/**
 * The shard has, or is about to have, another version than the one that a read was routed by; or it
 * is frozen, and then no read is served by any version.
 */
public final class StaleVersionException extends Exception {
  private static final long serialVersionUID = 1L;

  StaleVersionException(String message) {
    super(message);
  }
}
