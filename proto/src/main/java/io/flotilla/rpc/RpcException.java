package io.flotilla.rpc;

import io.flotilla.proto.errors.ErrorDetail;

/**
 * A request was answered with an error, or could not be answered. Without a stack: it is an answer,
 * not a bug.
 */
public final class RpcException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorDetail detail;

  public RpcException(ErrorDetail detail) {
    super(ErrorCode.of(detail.getCode()) + ": " + detail.getMessage(), null, false, false);
    this.detail = detail;
  }

  public RpcException(ErrorCode code, String message) {
    this(ErrorDetail.newBuilder().setCode(code.number()).setMessage(message).build());
  }

  public ErrorCode code() {
    return ErrorCode.of(detail.getCode());
  }

  public ErrorDetail detail() {
    return detail;
  }
}
