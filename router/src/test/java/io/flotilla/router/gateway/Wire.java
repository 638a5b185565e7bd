package io.flotilla.router.gateway;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A socket to a gateway. Replies are read as text: {@code +OK}, {@code :1}, {@code "value"}. */
final class Wire implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 20_000;

  private final Socket socket;
  private final InputStream in;

  Wire(int port) throws IOException {
    this(port, new Socket());
  }

  private Wire(int port, Socket unconnected) throws IOException {
    socket = unconnected;
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
  }

  /** One whose side of the connection keeps next to nothing for it. */
  static Wire narrow(int port) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4096);
    return new Wire(port, socket);
  }

  Socket socket() {
    return socket;
  }

  /** Words between spaces, sent as an array of bulk strings, and the reply to it. */
  String ask(String words) throws IOException {
    send(command(words.split(" ")));
    return reply();
  }

  void send(String raw) throws IOException {
    socket.getOutputStream().write(raw.getBytes(StandardCharsets.ISO_8859_1));
  }

  static String command(String... words) {
    StringBuilder text = new StringBuilder("*" + words.length + "\r\n");
    for (String word : words) {
      text.append("$").append(word.length()).append("\r\n").append(word).append("\r\n");
    }
    return text.toString();
  }

  String reply() throws IOException {
    String line = line();
    return switch (line.charAt(0)) {
      case '+', '-', ':' -> line;
      case '$' -> bulk(Integer.parseInt(line.substring(1)));
      case '*' -> array(Integer.parseInt(line.substring(1)));
      default -> throw new IOException("no reply begins so: " + line);
    };
  }

  private String bulk(int length) throws IOException {
    if (length < 0) {
      return "nil";
    }
    byte[] bytes = in.readNBytes(length + 2);
    if (bytes.length < length + 2) {
      throw new EOFException("in a bulk string");
    }
    return '"' + new String(bytes, 0, length, StandardCharsets.ISO_8859_1) + '"';
  }

  private String array(int length) throws IOException {
    if (length < 0) {
      return "nil array";
    }
    StringBuilder text = new StringBuilder("[");
    for (int i = 0; i < length; i++) {
      text.append(i == 0 ? "" : " ").append(reply());
    }
    return text.append(']').toString();
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\r'; c = in.read()) {
      if (c < 0) {
        throw new EOFException(line.toString());
      }
      line.append((char) c);
    }
    if (in.read() != '\n') {
      throw new IOException("a line ends with CR alone: " + line);
    }
    return line.toString();
  }

  /** Everything up to the end of the stream. */
  String rest() throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
