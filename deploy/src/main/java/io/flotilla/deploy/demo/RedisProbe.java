package io.flotilla.deploy.demo;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * As little of a Redis client as it takes to see our gateway as a stranger would: GET over a
 * socket.
 */
final class RedisProbe implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 10_000;

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  RedisProbe(String host, int port) throws IOException {
    socket = new Socket(host, port);
    socket.setSoTimeout(TIMEOUT_MILLIS);
    socket.setTcpNoDelay(true);
    in = new BufferedInputStream(socket.getInputStream());
    out = new BufferedOutputStream(socket.getOutputStream());
  }

  Optional<byte[]> get(byte[] key) throws IOException {
    out.write(("*2\r\n$3\r\nGET\r\n$" + key.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
    out.write(key);
    out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
    out.flush();
    String header = line();
    if (!header.startsWith("$")) {
      throw new IOException("the gateway answered GET with " + header);
    }
    int length = Integer.parseInt(header.substring(1));
    if (length < 0) {
      return Optional.empty();
    }
    byte[] value = in.readNBytes(length);
    if (value.length < length || !line().isEmpty()) {
      throw new EOFException("the gateway's answer ends early");
    }
    return Optional.of(value);
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\r'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the gateway closed the connection");
      }
      line.append((char) c);
    }
    if (in.read() != '\n') {
      throw new IOException("a line of the gateway does not end in CR LF");
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
