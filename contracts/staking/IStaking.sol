// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title IStaking
/// @notice What providers stand behind their answers with: stake in one ERC-20, locks for accepted work, and an exit that
/// stays slashable until everything it could answer for has ended. The market, named once at deployment, locks and
/// slashes; nobody else can.
///
/// A provider has an id, an owner (who deposits, leaves and names keys) and an operator (who works: accepts, answers and
/// plays disputes). A pool holds its stake as shares: a slash takes from the pool only, never from share counts, so
/// slashes commute to the wei and hit what is leaving exactly as what stays.
///
/// What must hold:
/// - safety: locked ≤ stake of every provider, always; a slash takes exactly its amount out of its own lock and can be
///   stopped by nothing its provider does; stakes + uncollected slashes = deposits − withdrawals − collected slashes; the
///   token balance is at least stakes + uncollected slashes.
/// - safety: new work is locked against stake that is not leaving; what leaves matures no sooner than the unbonding delay,
///   and no sooner than the latest end of any claim locked when it began to leave.
/// - liveness: whatever is not locked can leave; no function loops; a slash makes no token transfer.
interface IStaking {
    /// @notice A provider as others see it. `unlocked` is what new work can still lock.
    struct Provider {
        address owner;
        address operator;
        uint96 stake;
        uint96 locked;
        uint96 leaving;
        uint96 unlocked;
        uint40 latestEnd;
        uint24 owedTraceSeconds;
        uint24 capacitySeconds;
    }

    event ProviderJoined(uint32 indexed provider, address indexed owner, uint24 capacitySeconds, string endpoint);
    event OperatorProposed(uint32 indexed provider, address indexed operator);
    event OperatorChanged(uint32 indexed provider, address indexed before, address indexed operator);
    event EndpointChanged(uint32 indexed provider, string endpoint);
    event CapacityChanged(uint32 indexed provider, uint24 capacitySeconds);
    event ModelServed(uint32 indexed provider, bytes32 indexed modelId, uint24 traceSeconds, uint96 priceUnits);
    event Deposited(uint32 indexed provider, address indexed from, uint256 amount, uint256 shares);
    event UnbondingBegun(uint32 indexed provider, uint32 indexed entry, uint256 shares, uint40 maturesAt);
    event Withdrawn(uint32 indexed provider, uint32 indexed entry, address indexed to, uint256 amount);
    event Slashed(uint32 indexed provider, uint256 amount);
    event SlashesCollected(uint256 amount);

    error Staking_NotMarket(address caller);
    error Staking_NotOwner(uint32 provider, address caller);
    error Staking_NotOperator(address caller);
    error Staking_KeyInUse(address key);
    error Staking_NotProposed(uint32 provider, address caller);
    error Staking_NoGame();
    error Staking_ZeroAmount();
    error Staking_TokenTookFee(uint256 sent, uint256 received);
    error Staking_PoolWornOut(uint32 provider, uint256 stake, uint256 shares);
    error Staking_NotEnoughStake(uint32 provider, uint256 needed, uint256 unlocked);
    error Staking_OverCapacity(uint32 provider, uint256 owedSeconds, uint256 capacitySeconds);
    error Staking_CapacityTooLarge(uint256 capacitySeconds, uint256 greatestSeconds);
    error Staking_NotServed(uint32 provider, bytes32 modelId);
    error Staking_NotMature(uint32 provider, uint32 entry, uint256 maturesAt);
    error Staking_NoEntry(uint32 provider, uint32 entry);
    error Staking_StillLocked(uint32 provider, uint256 left, uint256 locked);
    error Staking_UnlockAboveLock(uint32 provider, uint256 amount, uint256 locked);

    /// @notice Becomes a provider; the caller is its owner and its first operator.
    /// @param capacitySeconds Traces of all open work together may take this long to build; at most half of the least
    /// provider's budget, so that even challenges against all of it at once can be answered.
    /// @param endpoint Where it is reached off chain.
    function join(uint24 capacitySeconds, string calldata endpoint) external returns (uint32 provider);

    /// @notice Proposes another operator key; it works once that key confirms, and the old one stops then.
    function proposeOperator(uint32 provider, address operator) external;

    /// @notice The proposed key takes over. A key serves one provider.
    function becomeOperator(uint32 provider) external;

    function setEndpoint(uint32 provider, string calldata endpoint) external;

    function setCapacity(uint32 provider, uint24 capacitySeconds) external;

    /// @notice Publishes that a model is served, or with `traceSeconds` 0 that it no longer is. Open work is unaffected.
    /// @param traceSeconds Measured time to build the model's trace.
    /// @param priceUnits Asking price of one inference, for requesters to read; nothing enforces it.
    function serve(uint32 provider, bytes32 modelId, uint24 traceSeconds, uint96 priceUnits) external;

    /// @notice Adds stake to a provider, from the caller.
    function deposit(uint32 provider, uint96 amount) external;

    /// @notice Begins to withdraw: that much stake takes on no new work, but still answers for the old.
    /// @return entry Number of the entry, for `withdraw`.
    function unbond(uint32 provider, uint96 amount) external returns (uint32 entry);

    /// @notice Pays a mature entry to the owner, at what its shares are worth now.
    function withdraw(uint32 provider, uint32 entry) external returns (uint256 amount);

    /// @notice Locks collateral for work that an operator takes on. Only the market.
    /// @param operator Who took it on.
    /// @param modelId Must be served by it.
    /// @param amount Fixed now; a slash of this work takes at most this.
    /// @param latestEnd When at the latest the work can still be slashed.
    /// @return provider The operator's provider.
    /// @return traceSeconds Trace time that the work counts with until `unlock` or `slash`.
    function lock(
        address operator,
        bytes32 modelId,
        uint256 amount,
        uint40 latestEnd
    ) external returns (uint32 provider, uint24 traceSeconds);

    /// @notice The work is done: frees its lock. Only the market.
    function unlock(uint32 provider, uint256 amount, uint24 traceSeconds) external;

    /// @notice Takes `slashed` of a lock of `amount` and frees the rest. Only the market.
    function slash(uint32 provider, uint256 amount, uint256 slashed, uint24 traceSeconds) external;

    /// @notice Sends what was slashed to the market. Anyone.
    function collect() external returns (uint256 amount);

    /// @notice The provider whose operator `key` is; 0 for none.
    function providerOf(address key) external view returns (uint32 provider);

    /// @notice A provider's operator now.
    function operatorOf(uint32 provider) external view returns (address operator);

    function ownerOf(uint32 provider) external view returns (address owner);

    function providerAt(uint32 provider) external view returns (Provider memory);

    /// @notice Trace time and asking price of a model at a provider; zeros if not served.
    function servedBy(uint32 provider, bytes32 modelId) external view returns (uint24 traceSeconds, uint96 priceUnits);

    /// @notice What an entry would pay if withdrawn now, and when it matures.
    function entryOf(uint32 provider, uint32 entry) external view returns (uint256 amount, uint40 maturesAt);

    /// @notice Slashed and not yet collected by the market.
    function uncollected() external view returns (uint256);

    /// @notice The one token.
    function TOKEN() external view returns (IERC20);

    /// @notice The one contract that locks and slashes.
    function MARKET() external view returns (address);

    function UNBONDING_DELAY_SECONDS() external view returns (uint24);

    function GREATEST_CAPACITY_SECONDS() external view returns (uint24);
}
