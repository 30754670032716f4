// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Where a claim stands.
/// - None: not requested. Requested: in escrow, waiting for a provider until `time`. Accepted: collateral locked, the answer
///   is due before `time`. Posted: answered, open to challenge before `time`.
/// - Final: paid. Refunded: the fee went back. Convicted: disproved and slashed, the refund not yet taken. Settled:
///   disproved, and the refund taken.
enum Status {
    None,
    Requested,
    Accepted,
    Posted,
    Final,
    Refunded,
    Convicted,
    Settled
}

/// @title ClaimState
/// @notice All that the market stores of a claim besides its hash; everything else travels in the order, of which the
/// claim's id is the hash.
///
///      255    240 239      208 207    168 167   80 79        56 55          32 31        8  7   6   5   4   3 2    0
///     ┌──────────┬────────────┬──────────┬────────┬────────────┬──────────────┬───────────┬───┬───┬───┬───────┬──────┐
///     │  unused  │ provider   │ time     │ fee    │ provider's │ challenger's │ trace     │inl│dis│cal│ again │status│
///     │          │            │          │        │ budget     │ budget       │ seconds   │ine│put│lb.│       │      │
///     └──────────┴────────────┴──────────┴────────┴────────────┴──────────────┴───────────┴───┴───┴───┴───────┴──────┘
///
/// `again`: how often the request may still go back to the market. `callback`: the consumer is to be called at the end.
/// `disputed`: there was a dispute. `inline`: the outputs' bytes were posted. In `Requested`, `provider` is the one asked for, 0 for any.
type ClaimState is uint256;

using ClaimStateLib for ClaimState global;

library ClaimStateLib {
    uint256 private constant STATUS_MASK = 7;
    uint256 private constant AGAIN_SHIFT = 3;
    uint256 private constant AGAIN_MASK = 3;
    uint256 private constant CALLBACK_BIT = 1 << 5;
    uint256 private constant DISPUTED_BIT = 1 << 6;
    uint256 private constant INLINE_BIT = 1 << 7;
    uint256 private constant TRACE_SHIFT = 8;
    uint256 private constant CHALLENGER_SHIFT = 32;
    uint256 private constant BUDGET_SHIFT = 56;
    uint256 private constant FEE_SHIFT = 80;
    uint256 private constant TIME_SHIFT = 168;
    uint256 private constant PROVIDER_SHIFT = 208;

    /// @notice The state of a new request.
    function requested(
        uint256 fee_,
        uint40 time_,
        uint32 provider_,
        uint24 providerBudget_,
        uint24 challengerBudget_,
        uint8 again_,
        bool callback_
    ) internal pure returns (ClaimState) {
        return
            ClaimState.wrap(
                uint256(Status.Requested) |
                    (uint256(again_) << AGAIN_SHIFT) |
                    (callback_ ? CALLBACK_BIT : 0) |
                    (uint256(challengerBudget_) << CHALLENGER_SHIFT) |
                    (uint256(providerBudget_) << BUDGET_SHIFT) |
                    (fee_ << FEE_SHIFT) |
                    (uint256(time_) << TIME_SHIFT) |
                    (uint256(provider_) << PROVIDER_SHIFT)
            );
    }

    function status(ClaimState state) internal pure returns (Status) {
        return Status(ClaimState.unwrap(state) & STATUS_MASK);
    }

    function again(ClaimState state) internal pure returns (uint256) {
        return (ClaimState.unwrap(state) >> AGAIN_SHIFT) & AGAIN_MASK;
    }

    function hasCallback(ClaimState state) internal pure returns (bool) {
        return ClaimState.unwrap(state) & CALLBACK_BIT != 0;
    }

    function isDisputed(ClaimState state) internal pure returns (bool) {
        return ClaimState.unwrap(state) & DISPUTED_BIT != 0;
    }

    function isInline(ClaimState state) internal pure returns (bool) {
        return ClaimState.unwrap(state) & INLINE_BIT != 0;
    }

    function traceSeconds(ClaimState state) internal pure returns (uint24) {
        return uint24(ClaimState.unwrap(state) >> TRACE_SHIFT);
    }

    function challengerBudget(ClaimState state) internal pure returns (uint24) {
        return uint24(ClaimState.unwrap(state) >> CHALLENGER_SHIFT);
    }

    function providerBudget(ClaimState state) internal pure returns (uint24) {
        return uint24(ClaimState.unwrap(state) >> BUDGET_SHIFT);
    }

    function fee(ClaimState state) internal pure returns (uint256) {
        return uint88(ClaimState.unwrap(state) >> FEE_SHIFT);
    }

    function time(ClaimState state) internal pure returns (uint256) {
        return uint40(ClaimState.unwrap(state) >> TIME_SHIFT);
    }

    function provider(ClaimState state) internal pure returns (uint32) {
        return uint32(ClaimState.unwrap(state) >> PROVIDER_SHIFT);
    }

    function withStatus(ClaimState state, Status status_) internal pure returns (ClaimState) {
        return ClaimState.wrap((ClaimState.unwrap(state) & ~STATUS_MASK) | uint256(status_));
    }

    function withTime(ClaimState state, uint256 time_) internal pure returns (ClaimState) {
        uint256 mask = uint256(type(uint40).max) << TIME_SHIFT;
        return ClaimState.wrap((ClaimState.unwrap(state) & ~mask) | (uint256(uint40(time_)) << TIME_SHIFT));
    }

    function withProvider(ClaimState state, uint32 provider_, uint24 traceSeconds_) internal pure returns (ClaimState) {
        uint256 mask = (uint256(type(uint32).max) << PROVIDER_SHIFT) | (uint256(type(uint24).max) << TRACE_SHIFT);
        return
            ClaimState.wrap(
                (ClaimState.unwrap(state) & ~mask) |
                    (uint256(provider_) << PROVIDER_SHIFT) |
                    (uint256(traceSeconds_) << TRACE_SHIFT)
            );
    }

    /// @notice One reassignment less; there must be one.
    function withOneLess(ClaimState state) internal pure returns (ClaimState) {
        return ClaimState.wrap(ClaimState.unwrap(state) - (1 << AGAIN_SHIFT));
    }

    function withDispute(ClaimState state) internal pure returns (ClaimState) {
        return ClaimState.wrap(ClaimState.unwrap(state) | DISPUTED_BIT);
    }

    function withInline(ClaimState state) internal pure returns (ClaimState) {
        return ClaimState.wrap(ClaimState.unwrap(state) | INLINE_BIT);
    }

    function withoutCallback(ClaimState state) internal pure returns (ClaimState) {
        return ClaimState.wrap(ClaimState.unwrap(state) & ~CALLBACK_BIT);
    }
}
