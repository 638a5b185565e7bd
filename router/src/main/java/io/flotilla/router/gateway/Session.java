package io.flotilla.router.gateway;

import io.flotilla.router.client.Bytes;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/**
 * One client as the others see it. Written by its connection's loop alone, read by any: {@code
 * CLIENT LIST} shows them all.
 */
final class Session {
  private final GatewayState gateway;
  private final long id;
  private final String remote;
  private final String local;
  private final long begunNanos;
  private volatile long activeNanos;
  private volatile String lastCommand = "NULL";
  private volatile Bytes name = Bytes.EMPTY;
  private volatile Bytes library = Bytes.EMPTY;
  private volatile Bytes libraryVersion = Bytes.EMPTY;
  private boolean ending;

  Session(GatewayState gateway, long id, SocketAddress remote, SocketAddress local) {
    this.gateway = gateway;
    this.id = id;
    this.remote = text(remote);
    this.local = text(local);
    this.begunNanos = System.nanoTime();
    this.activeNanos = begunNanos;
  }

  GatewayState gateway() {
    return gateway;
  }

  long id() {
    return id;
  }

  Bytes name() {
    return name;
  }

  void began(Command command) {
    lastCommand = command.name();
    activeNanos = System.nanoTime();
  }

  /**
   * @throws Refused if it is not of printable characters without spaces
   */
  void name(Bytes newName) {
    requirePlain(newName, "Client names");
    name = newName;
  }

  void library(Bytes newName) {
    requirePlain(newName, "lib-name");
    library = newName;
  }

  void libraryVersion(Bytes version) {
    requirePlain(version, "lib-ver");
    libraryVersion = version;
  }

  /** As after connecting. */
  void reset() {
    name = Bytes.EMPTY;
  }

  /** To be closed after the replies up to this one. */
  void end() {
    ending = true;
  }

  boolean isEnding() {
    return ending;
  }

  /** A line of {@code CLIENT LIST}. */
  String describe() {
    long now = System.nanoTime();
    return "id=%d addr=%s laddr=%s name=%s age=%d idle=%d flags=N db=0 sub=0 psub=0 multi=-1"
            .formatted(
                id,
                remote,
                local,
                name.asUtf8(),
                seconds(now - begunNanos),
                seconds(now - activeNanos))
        + " cmd=%s user=default lib-name=%s lib-ver=%s resp=2"
            .formatted(lastCommand, library.asUtf8(), libraryVersion.asUtf8());
  }

  private static long seconds(long nanos) {
    return nanos / 1_000_000_000L;
  }

  private static void requirePlain(Bytes text, String what) {
    for (int i = 0; i < text.length(); i++) {
      if (text.at(i) < '!' || text.at(i) > '~') {
        throw new Refused(
            "ERR " + what + " cannot contain spaces, newlines or special characters.");
      }
    }
  }

  private static String text(SocketAddress address) {
    return address instanceof InetSocketAddress inet && inet.getAddress() != null
        ? inet.getAddress().getHostAddress() + ":" + inet.getPort()
        : String.valueOf(address);
  }
}
