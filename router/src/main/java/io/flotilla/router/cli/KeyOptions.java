package io.flotilla.router.cli;

import io.flotilla.router.client.Bytes;
import io.flotilla.router.client.FlotillaClient;
import io.flotilla.router.client.SyncKvClient;
import picocli.CommandLine.Option;

/** Which keyspace, and how keys and values are written: a mixin of every command on data. */
public final class KeyOptions {
  @Option(
      names = {"-k", "--keyspace"},
      paramLabel = "NAME",
      defaultValue = "default",
      description = "Default: ${DEFAULT-VALUE}.")
  private String keyspace;

  @Option(
      names = "--hex",
      description = "Keys and values are read and printed as hexadecimal digits.")
  private boolean hex;

  public String keyspace() {
    return keyspace;
  }

  public SyncKvClient data(FlotillaClient client) {
    return client.keyspace(keyspace).sync();
  }

  /** What was written on the command line, as bytes. */
  public Bytes read(String text) {
    return read(text, hex);
  }

  /**
   * The same, for commands with an option of their own.
   *
   * @throws IllegalArgumentException if it is not what it is said to be, for people
   */
  static Bytes read(String text, boolean hex) {
    if (!hex) {
      return Bytes.utf8(text);
    }
    try {
      return Bytes.hex(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is not hexadecimal; allowed are pairs of 0-9 a-f", e);
    }
  }

  /** Bytes as text for people: what is no text is shown escaped. */
  public String show(Bytes bytes) {
    if (hex) {
      return bytes.asHex();
    }
    return bytes.isUtf8() && bytes.asUtf8().chars().noneMatch(Character::isISOControl)
        ? bytes.asUtf8()
        : bytes.toString();
  }

  /** Whether programs get these bytes as text; hexadecimal digits if not. */
  public boolean isText(Bytes bytes) {
    return !hex && bytes.isUtf8();
  }
}
