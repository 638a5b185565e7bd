package io.flotilla.rpc;

/** Takes connections of one kind from processes of the same cluster and role. */
@FunctionalInterface
public interface PeerAcceptor {
  /**
   * A peer has said who it is; its node id is not 0. On an event loop; must not block.
   *
   * @throws RpcException to refuse it
   */
  PeerReceiver accept(Hello peer);
}
