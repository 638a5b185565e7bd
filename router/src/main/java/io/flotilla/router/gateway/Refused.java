package io.flotilla.router.gateway;

/** A command that was not begun because of what it says; the message is the error reply. */
final class Refused extends RuntimeException {
  static final String NOT_AN_INTEGER = "ERR value is not an integer or out of range";
  static final String SYNTAX = "ERR syntax error";

  Refused(String error) {
    super(error, null, false, false);
  }

  /** The error reply, code first. */
  String error() {
    return String.valueOf(getMessage());
  }

  static Refused syntax() {
    return new Refused(SYNTAX);
  }

  /**
   * @param command name; of a subcommand, {@code container|name}
   */
  static Refused arity(String command) {
    return new Refused("ERR wrong number of arguments for '" + command + "' command");
  }
}
