package io.flotilla.deploy.config;

/**
 * A configuration that cannot be used; the message says what was wrong, where, and what is allowed.
 */
public final class ConfigException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public ConfigException(String message) {
    super(message);
  }
}
