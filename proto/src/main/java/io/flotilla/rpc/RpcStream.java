package io.flotilla.rpc;

/** A stream of replies that is under way. */
public interface RpcStream extends AutoCloseable {
  /** Cancels it: nothing is called any more. Any thread; does not block. */
  @Override
  void close();
}
