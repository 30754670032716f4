// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IModelRegistry} from "../registry/IModelRegistry.sol";
import {IStaking} from "../staking/IStaking.sol";
import {Status} from "./ClaimState.sol";
import {Details} from "./Details.sol";
import {Finality} from "./IInferenceConsumer.sol";

/// @title IInferenceMarket
/// @notice Where inferences are asked for, answered and paid. A requester puts a fee in escrow; a provider accepts and locks
/// collateral; it posts an answer; if no dispute disproves it within the window, it is paid. A convicted answer costs the
/// provider the collateral, and the requester gets the fee back with a share on top.
///
/// A claim is named by the hash of its order. The order itself is in the `Requested` event and comes with each call
/// that needs it, so a claim takes two storage slots.
///
/// What must hold:
/// - safety: of one claim, the fee is paid out exactly once, to the provider (less the protocol's cut) or to the
///   requester; the provider is paid only after its window, with no dispute open and none lost; what a conviction takes
///   was locked when the work was accepted; at least half of it is burned; an answer is its operator's own, so a copy
///   earns nothing.
/// - safety: token balance + staking's uncollected slashes ≥ escrow + credits + earnings + rewards + what is to be burned.
/// - liveness: every claim ends at the latest at `latestEnd` and anybody can end it; no ending depends on a call into a
///   stranger's contract; nobody can freeze a refund, a withdrawal or earnings. No function loops over claims.
///
/// Warning: an answer that is `Posted` is not yet final. Warning: inputs of requests are public, unless given as a root and
/// a URI, and then nobody but those who have the data can check the answer.
interface IInferenceMarket {
    /// @notice What a deployment fixes. Durations in seconds, shares in 1/10,000, amounts in smallest units of the token.
    /// @param auditProbabilityBps p of the collateral rule.
    /// @param collateralRatioBps Collateral per claim over the fee.
    /// @param slashBurnBps Share of a slash that is burned; with the challenger's and the gas share taken, the rest is the
    /// requester's.
    /// @param slashGasBps Share of a slash from which other challengers' gas is paid; what is left of it is burned.
    /// @param missedAnswerBps Share of the collateral that a missed answer costs.
    /// @param unitsPerGas What a unit of reimbursed gas is worth in the token.
    /// @param traceFeeWei, delayFeeWei What a losing challenger owes the provider, handed to the game.
    /// @param extensionSeconds, greatestMoves By how much a game's clocks can grow at most: their product.
    struct Config {
        IModelRegistry registry;
        IERC20 token;
        address treasury;
        address guardian;
        uint24 unbondingDelaySeconds;
        uint24 greatestAnswerSeconds;
        uint24 bufferSeconds;
        uint24 extensionSeconds;
        uint16 greatestMoves;
        uint16 auditProbabilityBps;
        uint32 collateralRatioBps;
        uint16 slashBurnBps;
        uint16 slashChallengerBps;
        uint16 slashGasBps;
        uint16 protocolCutBps;
        uint16 missedAnswerBps;
        uint8 maxReassignments;
        uint88 leastFeeUnits;
        uint32 callbackGreatestGas;
        uint24 rewardDelaySeconds;
        uint24 guardianFreezeSeconds;
        uint96 unitsPerGas;
        uint96 traceFeeWei;
        uint96 delayFeeWei;
    }

    /// @notice What a requester asks for.
    /// @param seed Of the program's generator.
    /// @param symbols Eight u32, symbol i in bits 32i … 32i+31.
    /// @param callback Contract to call with the answer, 0 for none.
    /// @param provider The provider wanted first, 0 for any.
    /// @param acceptSeconds How long a provider may be found.
    /// @param answerSeconds How long the provider may take.
    /// @param reassignments How often a request whose provider missed its deadline goes back to the market.
    /// @param salt Tells equal requests apart.
    struct Request {
        bytes32 modelId;
        uint256 seed;
        uint256 symbols;
        uint88 fee;
        uint32 calls;
        uint32 provider;
        uint24 acceptSeconds;
        uint24 answerSeconds;
        uint8 reassignments;
        address callback;
        uint32 callbackGas;
        Finality finality;
        uint64 salt;
    }

    /// @notice All that a claim is bound to before it is accepted. Its hash names the claim.
    /// @param details Number of calls, clocks, how to call back, salt.
    struct Order {
        bytes32 modelId;
        bytes32 programRoot;
        bytes32 paramsRoot;
        bytes32 inputsRoot;
        uint256 seed;
        uint256 symbols;
        address requester;
        address callback;
        Details details;
    }

    /// @notice A claim as stored.
    /// @param time Until when a provider may accept, must answer, or a challenger may challenge.
    /// @param openDisputes Games that run now.
    struct ClaimView {
        Status status;
        uint32 provider;
        uint40 time;
        uint88 fee;
        uint96 collateral;
        uint24 providerBudgetSeconds;
        uint24 challengerBudgetSeconds;
        uint8 reassignments;
        bytes32 claimHash;
        uint32 openDisputes;
        address challenger;
        uint40 rewardReleasedAt;
        bool frozen;
    }

    /// @notice How a claim ended without an answer that stands.
    enum Ending {
        NotAccepted,
        NotAnswered,
        Convicted
    }

    event GameNamed(address game);
    event Requested(uint256 indexed claimId, address indexed requester, uint88 fee, Order order, bytes inputs);
    event RequestedPrivately(uint256 indexed claimId, address indexed requester, uint88 fee, Order order, string uri);
    event Accepted(uint256 indexed claimId, uint32 indexed provider, uint256 collateral, uint40 answerBy);
    event Reassigned(uint256 indexed claimId, uint32 indexed provider, uint256 penalty, uint40 acceptBy);
    event Posted(uint256 indexed claimId, bytes32 outputsRoot, uint40 windowEnd, bytes descriptions, bytes outputs);
    event PostedRoot(uint256 indexed claimId, bytes32 outputsRoot, uint40 windowEnd, string uri);
    event Finalised(uint256 indexed claimId, uint32 indexed provider, uint256 fee);
    event Refunded(uint256 indexed claimId, address indexed requester, Ending indexed ending, uint256 amount);
    event CalledBack(uint256 indexed claimId, address indexed consumer, Finality finality, bool succeeded);
    event DisputeOpened(uint256 indexed claimId, uint32 open);
    event DisputeClosed(uint256 indexed claimId, uint32 open);
    event Convicted(
        uint256 indexed claimId,
        uint32 indexed provider,
        address indexed challenger,
        uint256 slashed,
        uint256 burned,
        uint256 reward,
        uint40 rewardReleasedAt
    );
    event Reimbursed(uint256 indexed claimId, address indexed challenger, uint256 amount);
    event RewardFrozen(uint256 indexed claimId, uint40 rewardReleasedAt);
    event RewardPaid(uint256 indexed claimId, address indexed challenger, uint256 amount, uint256 burned);
    event CreditWithdrawn(address indexed account, uint256 amount);
    event CreditAdded(address indexed account, uint256 amount);
    event EarningsWithdrawn(uint32 indexed provider, address indexed to, uint256 amount, uint256 cut);
    event Burned(uint256 amount);

    error InferenceMarket_NotDeployer(address caller);
    error InferenceMarket_GameNamed(address game);
    error InferenceMarket_OthersGame(address game);
    error InferenceMarket_InputTooLong(uint256 length, uint256 greatest);
    error InferenceMarket_UnbondingTooShort(uint256 delaySeconds, uint256 leastSeconds);
    error InferenceMarket_BurnBelowHalf(uint256 burnBps);
    error InferenceMarket_SharesAboveWhole(uint256 sumBps);
    error InferenceMarket_CollateralTooLow(uint256 ratioBps, uint256 auditProbabilityBps, uint256 burnBps);
    error InferenceMarket_FreezeTooLong(uint256 freezeSeconds);
    error InferenceMarket_ParameterOutOfRange(uint256 value, uint256 greatest);
    error InferenceMarket_WrongStatus(uint256 claimId, Status status);
    error InferenceMarket_AlreadyRequested(uint256 claimId);
    error InferenceMarket_FeeTooLow(uint256 fee, uint256 least);
    error InferenceMarket_CallsOutOfBounds(uint256 calls, uint256 least, uint256 greatest);
    error InferenceMarket_AnswerTimeOutOfBounds(uint256 answerSeconds, uint256 greatest);
    error InferenceMarket_TooManyReassignments(uint256 reassignments, uint256 greatest);
    error InferenceMarket_CallbackGasTooHigh(uint256 gas, uint256 greatest);
    error InferenceMarket_TokenTookFee(uint256 sent, uint256 received);
    error InferenceMarket_TooEarly(uint256 claimId, uint256 time);
    error InferenceMarket_TooLate(uint256 claimId, uint256 time);
    error InferenceMarket_NotAsked(uint256 claimId, uint32 provider);
    error InferenceMarket_NotProvider(uint256 claimId, address caller);
    error InferenceMarket_TraceTooSlow(uint256 claimId, uint256 traceSeconds, uint256 budgetSeconds);
    error InferenceMarket_DisputeOpen(uint256 claimId, uint256 open);
    error InferenceMarket_CallbackDue(uint256 claimId);
    error InferenceMarket_NoCallback(uint256 claimId);
    error InferenceMarket_WrongOutputs(uint256 claimId);
    error InferenceMarket_TooLittleGas(uint256 gas, uint256 needed);
    error InferenceMarket_NotGame(address caller);
    error InferenceMarket_NotGuardian(address caller);
    error InferenceMarket_AlreadyFrozen(uint256 claimId);
    error InferenceMarket_NoReward(uint256 claimId);
    error InferenceMarket_NotOwner(uint32 provider, address caller);
    error InferenceMarket_CreditTooLow(address account, uint256 amount, uint256 credit);

    /// @notice Names the game that decides about claims: once, by the deployer, before the first request. The game is made
    /// with the market's address, so it cannot be known before; this is the only thing that anybody can set.
    function nameGame(address game) external;

    /// @notice Asks for an inference with public input. The fee comes from the caller's credit if that suffices, else by
    /// transfer.
    /// @param inputs The inputs' bytes one after the other, little-endian, each as long as its declaration says.
    function request(Request calldata asked, bytes calldata inputs) external returns (uint256 claimId);

    /// @notice Asks for an inference whose input is given as a root and a place to find it: private input.
    function requestPrivately(
        Request calldata asked,
        bytes32 inputsRoot,
        string calldata uri
    ) external returns (uint256 claimId);

    /// @notice Takes a request on: locks collateral of the caller's provider.
    /// @dev Warning: whoever accepts agrees to the order's answer time, however short, and in the end to pay for the gas of
    /// its callback; look at both before.
    function accept(Order calldata order) external;

    /// @notice Answers with the outputs' bytes.
    /// @param descriptions 25 bytes per output (docs/program.md, "Trees").
    /// @param outputs The outputs' bytes one after the other.
    function post(Order calldata order, bytes calldata descriptions, bytes calldata outputs) external;

    /// @notice Answers with the outputs root, where the outputs are large.
    function postRoot(Order calldata order, bytes32 outputsRoot, string calldata uri) external;

    /// @notice Pays the provider after the window. For claims whose consumer need not be called.
    function finalise(uint256 claimId) external;

    /// @notice Pays the provider after the window and calls the consumer, with exactly the gas it asked for.
    /// @param outputsRoot As posted; descriptions and outputs too, empty if a root was posted.
    function finaliseAndCall(
        Order calldata order,
        bytes32 outputsRoot,
        bytes calldata descriptions,
        bytes calldata outputs
    ) external;

    /// @notice Ends what was not accepted or not answered in time: back to the market, or the fee back to the requester.
    function expire(Order calldata order) external;

    /// @notice After a conviction: the fee and the requester's share of the slash become the requester's credit.
    function refund(Order calldata order) external;

    /// @notice After its delay, a challenger's reward becomes its credit; what is left for gas is burned.
    function payReward(uint256 claimId) external;

    /// @notice Puts a claim's reward off, once. Only the guardian; it can do nothing else.
    function freezeReward(uint256 claimId) external;

    /// @notice Adds to an account's credit, from the caller.
    function addCredit(address account, uint256 amount) external;

    /// @notice Pays the caller's credit out.
    function withdrawCredit(uint256 amount) external;

    /// @notice Pays a provider's earnings to its owner, less the protocol's cut, rounded up, which becomes the treasury's
    /// credit. (Taking the cut here and not claim by claim spares every claim a storage slot.)
    function withdrawEarnings(uint32 provider) external;

    /// @notice Sends what is to be burned to the burn address. Anyone.
    function burn() external;

    function claimOf(uint256 claimId) external view returns (ClaimView memory);

    /// @notice When a posted claim ends at the latest.
    function latestEndOf(uint256 claimId) external view returns (uint256);

    /// @notice The id that an order has.
    function idOf(Order calldata order) external view returns (uint256 claimId);

    /// @notice Collateral for a fee, rounded up.
    function collateralUp(uint256 fee) external view returns (uint256);

    function credits(address account) external view returns (uint256);

    /// @notice Fees of a provider's claims that stood, the protocol's cut included.
    function earnings(uint32 provider) external view returns (uint256);

    function toBurn() external view returns (uint256);

    function REGISTRY() external view returns (IModelRegistry);

    function STAKING() external view returns (IStaking);

    function TOKEN() external view returns (IERC20);

    /// @notice The game that decides about every claim of this market; zero until it is named.
    function game() external view returns (address);
}
