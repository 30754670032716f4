// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title IClaimHolder
/// @notice Whoever holds claims that a dispute game decides: the market today, receipts later. A holder names one game
/// per claim, once, and obeys it; the game asks and the holder keeps the collateral.
///
/// What must hold:
/// - safety: a claim can be final only when no dispute of it is open and its window is over; it is convicted at most
///   once; what a conviction takes was locked when the work was accepted; only the claim's game may call.
/// - liveness: none of these functions depends on a call into a stranger's contract, so none can be made to revert.
interface IClaimHolder {
    /// @notice What a dispute needs to know of a claim, fixed when the claim was made.
    /// @param claimHash Hash of the claim (docs/program.md, "Claims").
    /// @param operator The provider's key: the only one that may commit (trace root, accumulators).
    /// @param providerBudget Seconds the provider may spend in one game, building the trace included.
    /// @param challengerBudget Seconds a challenger may spend in one game; at most a quarter of the provider's.
    /// @param traceFee Wei a challenger that loses owes for building the trace; asked of a claim's first challenger only.
    /// @param delayFee Wei a challenger that loses owes for the time the collateral was held up; asked of every challenger.
    struct Terms {
        bytes32 claimHash;
        address operator;
        uint32 providerBudget;
        uint32 challengerBudget;
        uint96 traceFee;
        uint96 delayFee;
    }

    /// @notice A game on a claim begins: counts it, and stops the claim from becoming final.
    /// @dev Only the claim's game. Reverts unless the claim is posted, not convicted, and inside its window. Several games
    /// on one claim may be open side by side.
    /// @param claimId The claim; below 2^224.
    /// @return terms What the game plays by.
    function openDispute(uint256 claimId) external returns (Terms memory terms);

    /// @notice The same terms, without a dispute.
    /// @param claimId The claim; reverts if there is none.
    /// @return terms What a game would play by.
    function termsOf(uint256 claimId) external view returns (Terms memory terms);

    /// @notice A game on a claim ended and the claim still stands. Called once for each openDispute, except the games of a
    /// convicted claim.
    /// @dev Only the claim's game.
    /// @param claimId The claim.
    function closeDispute(uint256 claimId) external;

    /// @notice The claim is false: slash, split, refund. Called at most once per claim.
    /// @dev Only the claim's game.
    /// @param claimId The claim.
    /// @param challenger Who receives the challenger's reward.
    function convict(uint256 claimId, address challenger) external;

    /// @notice Pays a challenger of a convicted claim, other than by the reward, for gas it spent in good faith, out of the
    /// slash's share for gas, as far as that reaches. Called at most once per game.
    /// @dev Only the claim's game, after convict.
    /// @param claimId The claim.
    /// @param challenger Who is paid.
    /// @param gas Units of gas, bounded by the moves the game counted.
    function reimburse(uint256 claimId, address challenger, uint256 gas) external;
}
