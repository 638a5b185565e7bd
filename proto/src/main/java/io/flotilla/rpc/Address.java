package io.flotilla.rpc;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a process listens, written host:port.
 *
 * @param host a name, an IPv4 address, or an IPv6 address in brackets
 * @param port 1 to 65535
 */
public record Address(String host, int port) {
  private static final Pattern FORM =
      Pattern.compile("([A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.%]{2,60}]):([0-9]{1,5})");

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Address of(String text) {
    Matcher matcher = FORM.matcher(text);
    int port = matcher.matches() ? Integer.parseInt(matcher.group(2)) : 0;
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("\"" + text + "\" is not host:port");
    }
    return new Address(matcher.group(1), port);
  }

  /** Whether this is one. */
  public static boolean is(String text) {
    try {
      Address unused = of(text);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  @Override
  public String toString() {
    return host + ":" + port;
  }
}
