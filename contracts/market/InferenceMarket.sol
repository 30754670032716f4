// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuard} from "../libraries/ReentrancyGuard.sol";
import {IClaimHolder} from "../dispute/IClaimHolder.sol";
import {InlineTensor} from "../libraries/InlineTensor.sol";
import {ModelBounds} from "../libraries/ModelBounds.sol";
import {IModelRegistry} from "../registry/IModelRegistry.sol";
import {ModelRecord} from "../registry/ModelRecord.sol";
import {IStaking} from "../staking/IStaking.sol";
import {Staking} from "../staking/Staking.sol";
import {Claim} from "../types/Claim.sol";
import {ClaimState, ClaimStateLib, Status} from "./ClaimState.sol";
import {DetailsLib} from "./Details.sol";
import {Finality, IInferenceConsumer, Inference} from "./IInferenceConsumer.sol";
import {IInferenceMarket} from "./IInferenceMarket.sol";
import {INamedGame} from "./INamedGame.sol";

/// @notice The market. A claim is two words, `ClaimState` and the claim's hash; a disputed one a third. All parameters are
/// immutable, and the market makes its own staking contract, so nobody has power over either.
contract InferenceMarket is IInferenceMarket, IClaimHolder, ReentrancyGuard {
    using SafeERC20 for IERC20;

    /// What a dispute leaves behind. One slot.
    struct Dispute {
        uint32 open;
        address challenger;
        uint40 releasedAt;
        bool frozen;
        bool paid;
    }

    /// How a collateral is split when its claim is convicted. Adds up to the collateral.
    struct Split {
        uint256 reward;
        uint256 gas;
        uint256 requester;
        uint256 burned;
    }

    uint256 private constant BPS = 10_000;
    uint256 private constant GREATEST_FREEZE_SECONDS = 7 days;
    uint256 private constant GREATEST_REASSIGNMENTS = 3;
    /// Inputs given as bytes are at most this long; longer ones are given as a root.
    uint256 private constant GREATEST_INLINE_BYTES = 1 << 15;
    /// A provider's budget is at least this many times its trace time.
    uint256 private constant TRACE_TIMES = 10;
    /// What a call needs besides the gas it passes on: the call itself, its event, the end of the function.
    uint256 private constant CALL_RESERVE_GAS = 20_000;
    /// A claim's id is its order' hash without the lowest 32 bits, in which the game numbers the games of a claim.
    uint256 private constant ID_SHIFT = 32;
    address private constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;

    IModelRegistry public immutable REGISTRY;
    IStaking public immutable STAKING;
    IERC20 public immutable TOKEN;
    address public immutable TREASURY;
    address public immutable GUARDIAN;
    uint256 public immutable COLLATERAL_RATIO_BPS;
    uint256 public immutable SLASH_BURN_BPS;
    uint256 public immutable SLASH_CHALLENGER_BPS;
    uint256 public immutable SLASH_GAS_BPS;
    uint256 public immutable PROTOCOL_CUT_BPS;
    uint256 public immutable MISSED_ANSWER_BPS;
    uint256 public immutable MAX_REASSIGNMENTS;
    uint256 public immutable LEAST_FEE_UNITS;
    uint256 public immutable GREATEST_ANSWER_SECONDS;
    uint256 public immutable EXTENSIONS_SECONDS;
    uint256 public immutable CALLBACK_GREATEST_GAS;
    uint256 public immutable REWARD_DELAY_SECONDS;
    uint256 public immutable GUARDIAN_FREEZE_SECONDS;
    uint256 public immutable UNITS_PER_GAS;
    uint96 public immutable TRACE_FEE_WEI;
    uint96 public immutable DELAY_FEE_WEI;
    address private immutable DEPLOYER;

    /// @inheritdoc IInferenceMarket
    address public game;
    /// @inheritdoc IInferenceMarket
    uint256 public toBurn;
    /// @inheritdoc IInferenceMarket
    mapping(address account => uint256) public credits;
    /// @inheritdoc IInferenceMarket
    mapping(uint32 provider => uint256) public earnings;

    mapping(uint256 claimId => ClaimState) private _states;
    mapping(uint256 claimId => bytes32) private _claimHashes;
    mapping(uint256 claimId => Dispute) private _disputes;
    mapping(uint256 claimId => uint256 units) private _reimbursed;

    modifier onlyGame() {
        // INVARIANT: only the game decides about claims.
        if (msg.sender != game) revert InferenceMarket_NotGame(msg.sender);
        _;
    }

    constructor(Config memory config) {
        IModelRegistry.Limits memory limits = config.registry.limits();
        uint256 extensions = uint256(config.extensionSeconds) * config.greatestMoves;
        uint256 life =
            uint256(config.greatestAnswerSeconds) +
                2 * uint256(limits.greatestWindowSeconds) +
                limits.greatestProviderBudgetSeconds +
                limits.greatestChallengerBudgetSeconds +
                extensions +
                config.bufferSeconds;
        // INVARIANT: answer deadline + 2 × window + both budgets + extensions + buffer ≤ unbonding delay.
        if (life > config.unbondingDelaySeconds) {
            revert InferenceMarket_UnbondingTooShort(config.unbondingDelaySeconds, life);
        }
        // INVARIANT: at least half of a slash is burned.
        if (2 * uint256(config.slashBurnBps) < BPS) revert InferenceMarket_BurnBelowHalf(config.slashBurnBps);
        // INVARIANT: shares add up to at most the whole.
        uint256 shares = uint256(config.slashBurnBps) + config.slashChallengerBps + config.slashGasBps;
        if (shares > BPS) revert InferenceMarket_SharesAboveWhole(shares);
        // INVARIANT: collateral ≥ (1-p) / (p · burned share) × fee.
        if (
            config.auditProbabilityBps > BPS ||
            uint256(config.collateralRatioBps) * config.auditProbabilityBps * config.slashBurnBps <
                (BPS - config.auditProbabilityBps) * BPS * BPS
        ) {
            revert InferenceMarket_CollateralTooLow(
                config.collateralRatioBps,
                config.auditProbabilityBps,
                config.slashBurnBps
            );
        }
        // INVARIANT: a freeze lasts at most 7 days.
        if (config.guardianFreezeSeconds > GREATEST_FREEZE_SECONDS) {
            revert InferenceMarket_FreezeTooLong(config.guardianFreezeSeconds);
        }
        _requireAtMost(config.protocolCutBps, BPS);
        _requireAtMost(config.missedAnswerBps, BPS);
        _requireAtMost(config.maxReassignments, GREATEST_REASSIGNMENTS);

        REGISTRY = config.registry;
        TOKEN = config.token;
        TREASURY = config.treasury;
        GUARDIAN = config.guardian;
        COLLATERAL_RATIO_BPS = config.collateralRatioBps;
        SLASH_BURN_BPS = config.slashBurnBps;
        SLASH_CHALLENGER_BPS = config.slashChallengerBps;
        SLASH_GAS_BPS = config.slashGasBps;
        PROTOCOL_CUT_BPS = config.protocolCutBps;
        MISSED_ANSWER_BPS = config.missedAnswerBps;
        MAX_REASSIGNMENTS = config.maxReassignments;
        LEAST_FEE_UNITS = config.leastFeeUnits;
        GREATEST_ANSWER_SECONDS = config.greatestAnswerSeconds;
        EXTENSIONS_SECONDS = extensions;
        CALLBACK_GREATEST_GAS = config.callbackGreatestGas;
        REWARD_DELAY_SECONDS = config.rewardDelaySeconds;
        GUARDIAN_FREEZE_SECONDS = config.guardianFreezeSeconds;
        UNITS_PER_GAS = config.unitsPerGas;
        TRACE_FEE_WEI = config.traceFeeWei;
        DELAY_FEE_WEI = config.delayFeeWei;
        DEPLOYER = msg.sender;
        STAKING = new Staking(
            config.token,
            address(this),
            config.unbondingDelaySeconds,
            limits.leastProviderBudgetSeconds / 2
        );
    }

    /// @inheritdoc IInferenceMarket
    function nameGame(address game_) external {
        // INVARIANT: only the deployer names the game.
        if (msg.sender != DEPLOYER) revert InferenceMarket_NotDeployer(msg.sender);
        // INVARIANT: the game is named once.
        if (game != address(0)) revert InferenceMarket_GameNamed(game);
        // INVARIANT: the game decides about this market's claims.
        if (INamedGame(game_).HOLDER() != address(this)) revert InferenceMarket_OthersGame(game_);
        // INVARIANT: the longest dispute ends before the latest end that locks are made for.
        uint256 extensions = INamedGame(game_).longest() * INamedGame(game_).EXTENSION();
        if (extensions > EXTENSIONS_SECONDS) {
            revert InferenceMarket_ParameterOutOfRange(extensions, EXTENSIONS_SECONDS);
        }
        game = game_;
        emit GameNamed(game_);
    }

    // ── Asking ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IInferenceMarket
    function request(Request calldata asked, bytes calldata inputs) external nonReentrant returns (uint256 claimId) {
        // INVARIANT: what is hashed here fits in a transaction.
        if (inputs.length > GREATEST_INLINE_BYTES) {
            revert InferenceMarket_InputTooLong(inputs.length, GREATEST_INLINE_BYTES);
        }
        bytes memory model = REGISTRY.activeRecord(asked.modelId);
        bytes32 inputsRoot = ModelBounds.inputsRoot(model, ModelRecord.BOUNDS, asked.symbols, inputs);
        Order memory order = _order(asked, model, inputsRoot, false);
        claimId = _open(asked, model, order);
        emit Requested(claimId, msg.sender, asked.fee, order, inputs);
        _escrow(asked.fee);
    }

    /// @inheritdoc IInferenceMarket
    function requestPrivately(
        Request calldata asked,
        bytes32 inputsRoot,
        string calldata uri
    ) external nonReentrant returns (uint256 claimId) {
        bytes memory model = REGISTRY.activeRecord(asked.modelId);
        ModelBounds.checkSymbols(model, ModelRecord.BOUNDS, asked.symbols);
        Order memory order = _order(asked, model, inputsRoot, true);
        claimId = _open(asked, model, order);
        emit RequestedPrivately(claimId, msg.sender, asked.fee, order, uri);
        _escrow(asked.fee);
    }

    // ── Answering ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IInferenceMarket
    function accept(Order calldata order) external {
        uint256 claimId = idOf(order);
        ClaimState state = _in(claimId, Status.Requested);
        _requireBefore(claimId, state);
        uint256 answerBy = block.timestamp + order.details.answerSeconds();
        uint256 latestEnd =
            answerBy +
                order.details.windowSeconds() +
                state.providerBudget() +
                state.challengerBudget() +
                EXTENSIONS_SECONDS;
        uint256 collateral = collateralUp(state.fee());
        (uint32 provider, uint24 traceSeconds) = STAKING.lock(msg.sender, order.modelId, collateral, uint40(latestEnd));
        // INVARIANT: a request for one provider is that provider's until it missed it.
        uint32 wanted = state.provider();
        if (wanted != 0 && wanted != provider) revert InferenceMarket_NotAsked(claimId, provider);
        // INVARIANT: a provider's budget is ten times what building the trace takes it.
        if (TRACE_TIMES * traceSeconds > state.providerBudget()) {
            revert InferenceMarket_TraceTooSlow(claimId, traceSeconds, state.providerBudget());
        }
        _states[claimId] = state.withStatus(Status.Accepted).withProvider(provider, traceSeconds).withTime(answerBy);
        emit Accepted(claimId, provider, collateral, uint40(answerBy));
    }

    /// @inheritdoc IInferenceMarket
    function post(Order calldata order, bytes calldata descriptions, bytes calldata outputs) external {
        bytes32 outputsRoot = InlineTensor.rootOf(descriptions, outputs);
        (uint256 claimId, uint40 windowEnd) = _post(order, outputsRoot, true);
        emit Posted(claimId, outputsRoot, windowEnd, descriptions, outputs);
        if (order.callback != address(0) && order.details.finality() == Finality.Posted) {
            _call(order, claimId, outputsRoot, descriptions, outputs);
        }
    }

    /// @inheritdoc IInferenceMarket
    function postRoot(Order calldata order, bytes32 outputsRoot, string calldata uri) external {
        (uint256 claimId, uint40 windowEnd) = _post(order, outputsRoot, false);
        emit PostedRoot(claimId, outputsRoot, windowEnd, uri);
        if (order.callback != address(0) && order.details.finality() == Finality.Posted) {
            _call(order, claimId, outputsRoot, msg.data[:0], msg.data[:0]);
        }
    }

    // ── Ending ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IInferenceMarket
    function finalise(uint256 claimId) external {
        ClaimState state = _in(claimId, Status.Posted);
        // INVARIANT: a consumer that asked to be called is called.
        if (state.hasCallback()) revert InferenceMarket_CallbackDue(claimId);
        _finalise(claimId, state);
    }

    /// @inheritdoc IInferenceMarket
    function finaliseAndCall(
        Order calldata order,
        bytes32 outputsRoot,
        bytes calldata descriptions,
        bytes calldata outputs
    ) external {
        uint256 claimId = idOf(order);
        ClaimState state = _in(claimId, Status.Posted);
        // INVARIANT: only a consumer that asked to be called is called.
        if (!state.hasCallback()) revert InferenceMarket_NoCallback(claimId);
        if (state.isInline()) outputsRoot = InlineTensor.rootOf(descriptions, outputs);
        // INVARIANT: the consumer gets the answer that was posted, in the form in which it was posted.
        if (
            _claimHashes[claimId] != _claimHash(order, outputsRoot) ||
            (!state.isInline() && descriptions.length + outputs.length != 0)
        ) revert InferenceMarket_WrongOutputs(claimId);
        _finalise(claimId, state);
        _call(order, claimId, outputsRoot, descriptions, outputs);
    }

    /// @inheritdoc IInferenceMarket
    function expire(Order calldata order) external {
        uint256 claimId = idOf(order);
        ClaimState state = _states[claimId];
        if (state.status() == Status.Requested) {
            _requireAfter(claimId, state);
            _refund(claimId, state, Status.Refunded, Ending.NotAccepted, order.requester, 0);
            return;
        }
        // INVARIANT: only what waits for a provider or for an answer expires.
        if (state.status() != Status.Accepted) revert InferenceMarket_WrongStatus(claimId, state.status());
        _requireAfter(claimId, state);
        uint256 collateral = collateralUp(state.fee());
        uint256 penalty = _bpsUp(collateral, MISSED_ANSWER_BPS);
        uint256 burned = _bpsUp(penalty, SLASH_BURN_BPS);
        uint32 provider = state.provider();
        toBurn += burned;
        if (state.again() != 0) {
            uint256 acceptBy = block.timestamp + order.details.acceptSeconds();
            _states[claimId] = state.withOneLess().withStatus(Status.Requested).withProvider(0, 0).withTime(acceptBy);
            credits[order.requester] += penalty - burned;
            emit Reassigned(claimId, provider, penalty, uint40(acceptBy));
        } else {
            _refund(claimId, state, Status.Refunded, Ending.NotAnswered, order.requester, penalty - burned);
        }
        STAKING.slash(provider, collateral, penalty, state.traceSeconds());
    }

    /// @inheritdoc IInferenceMarket
    function refund(Order calldata order) external {
        uint256 claimId = idOf(order);
        ClaimState state = _in(claimId, Status.Convicted);
        Split memory split = _split(collateralUp(state.fee()));
        _refund(claimId, state, Status.Settled, Ending.Convicted, order.requester, split.requester);
    }

    // ── Disputes ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IClaimHolder
    function openDispute(uint256 claimId) external onlyGame returns (IClaimHolder.Terms memory terms) {
        ClaimState state = _in(claimId, Status.Posted);
        _requireBefore(claimId, state);
        uint32 open = ++_disputes[claimId].open;
        if (!state.isDisputed()) _states[claimId] = state.withDispute();
        emit DisputeOpened(claimId, open);
        return _terms(claimId, state);
    }

    /// @inheritdoc IClaimHolder
    function termsOf(uint256 claimId) external view returns (IClaimHolder.Terms memory terms) {
        // INVARIANT: only an answer can be disputed.
        if (_claimHashes[claimId] == 0) revert InferenceMarket_WrongStatus(claimId, _states[claimId].status());
        return _terms(claimId, _states[claimId]);
    }

    /// @inheritdoc IClaimHolder
    function closeDispute(uint256 claimId) external onlyGame {
        _in(claimId, Status.Posted);
        uint32 open = --_disputes[claimId].open;
        emit DisputeClosed(claimId, open);
    }

    /// @inheritdoc IClaimHolder
    function convict(uint256 claimId, address challenger) external onlyGame {
        ClaimState state = _in(claimId, Status.Posted);
        uint256 collateral = collateralUp(state.fee());
        Split memory split = _split(collateral);
        uint40 releasedAt = uint40(block.timestamp + REWARD_DELAY_SECONDS);
        Dispute storage dispute = _disputes[claimId];
        dispute.challenger = challenger;
        dispute.releasedAt = releasedAt;
        _states[claimId] = state.withStatus(Status.Convicted);
        toBurn += split.burned;
        emit Convicted(claimId, state.provider(), challenger, collateral, split.burned, split.reward, releasedAt);
        STAKING.slash(state.provider(), collateral, collateral, state.traceSeconds());
    }

    /// @inheritdoc IClaimHolder
    function reimburse(uint256 claimId, address challenger, uint256 gas) external onlyGame {
        ClaimState state = _states[claimId];
        // INVARIANT: gas is paid back from what a conviction took.
        if (!_isConvicted(state)) revert InferenceMarket_WrongStatus(claimId, state.status());
        if (_disputes[claimId].paid) return;
        uint256 before = _reimbursed[claimId];
        uint256 left = _split(collateralUp(state.fee())).gas - before;
        uint256 amount = UNITS_PER_GAS == 0 || gas <= left / UNITS_PER_GAS ? gas * UNITS_PER_GAS : left;
        _reimbursed[claimId] = before + amount;
        credits[challenger] += amount;
        emit Reimbursed(claimId, challenger, amount);
    }

    /// @inheritdoc IInferenceMarket
    function payReward(uint256 claimId) external {
        ClaimState state = _states[claimId];
        Dispute storage dispute = _disputes[claimId];
        // INVARIANT: a reward is paid once, after a conviction.
        if (!_isConvicted(state) || dispute.paid) revert InferenceMarket_NoReward(claimId);
        // INVARIANT: a reward waits until its release.
        if (block.timestamp < dispute.releasedAt) revert InferenceMarket_TooEarly(claimId, dispute.releasedAt);
        Split memory split = _split(collateralUp(state.fee()));
        uint256 burned = split.gas - _reimbursed[claimId];
        dispute.paid = true;
        toBurn += burned;
        credits[dispute.challenger] += split.reward;
        emit RewardPaid(claimId, dispute.challenger, split.reward, burned);
    }

    /// @inheritdoc IInferenceMarket
    function freezeReward(uint256 claimId) external {
        Dispute storage dispute = _disputes[claimId];
        // INVARIANT: only the guardian freezes.
        if (msg.sender != GUARDIAN) revert InferenceMarket_NotGuardian(msg.sender);
        // INVARIANT: only a reward that waits is frozen; nothing else can be.
        if (!_isConvicted(_states[claimId])) revert InferenceMarket_NoReward(claimId);
        if (block.timestamp >= dispute.releasedAt) revert InferenceMarket_TooLate(claimId, dispute.releasedAt);
        // INVARIANT: a reward is frozen once.
        if (dispute.frozen) revert InferenceMarket_AlreadyFrozen(claimId);
        dispute.frozen = true;
        dispute.releasedAt += uint40(GUARDIAN_FREEZE_SECONDS);
        emit RewardFrozen(claimId, dispute.releasedAt);
    }

    // ── Paying ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IInferenceMarket
    function addCredit(address account, uint256 amount) external nonReentrant {
        credits[account] += amount;
        emit CreditAdded(account, amount);
        _pull(amount);
    }

    /// @inheritdoc IInferenceMarket
    function withdrawCredit(uint256 amount) external nonReentrant {
        uint256 credit = credits[msg.sender];
        // INVARIANT: nobody gets more than its credit.
        if (amount > credit) revert InferenceMarket_CreditTooLow(msg.sender, amount, credit);
        credits[msg.sender] = credit - amount;
        emit CreditWithdrawn(msg.sender, amount);
        _pay(msg.sender, amount);
    }

    /// @inheritdoc IInferenceMarket
    function withdrawEarnings(uint32 provider) external nonReentrant {
        // INVARIANT: earnings are their provider's owner's.
        if (STAKING.ownerOf(provider) != msg.sender) revert InferenceMarket_NotOwner(provider, msg.sender);
        uint256 amount = earnings[provider];
        uint256 cut = _bpsUp(amount, PROTOCOL_CUT_BPS);
        earnings[provider] = 0;
        credits[TREASURY] += cut;
        emit EarningsWithdrawn(provider, msg.sender, amount - cut, cut);
        _pay(msg.sender, amount - cut);
    }

    /// @inheritdoc IInferenceMarket
    function burn() external nonReentrant {
        uint256 amount = toBurn;
        toBurn = 0;
        emit Burned(amount);
        _pay(BURN_ADDRESS, amount);
    }

    // ── Looking ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IInferenceMarket
    function claimOf(uint256 claimId) external view returns (ClaimView memory) {
        ClaimState state = _states[claimId];
        Dispute memory dispute = _disputes[claimId];
        return
            ClaimView({
                status: state.status(),
                provider: state.provider(),
                time: uint40(state.time()),
                fee: uint88(state.fee()),
                collateral: uint96(collateralUp(state.fee())),
                providerBudgetSeconds: state.providerBudget(),
                challengerBudgetSeconds: state.challengerBudget(),
                reassignments: uint8(state.again()),
                claimHash: _claimHashes[claimId],
                openDisputes: dispute.open,
                challenger: dispute.challenger,
                rewardReleasedAt: dispute.releasedAt,
                frozen: dispute.frozen
            });
    }

    /// @inheritdoc IInferenceMarket
    function latestEndOf(uint256 claimId) external view returns (uint256) {
        ClaimState state = _in(claimId, Status.Posted);
        return state.time() + state.providerBudget() + state.challengerBudget() + EXTENSIONS_SECONDS;
    }

    /// @inheritdoc IInferenceMarket
    function idOf(Order calldata order) public view returns (uint256 claimId) {
        return uint256(keccak256(abi.encode(block.chainid, address(this), order))) >> ID_SHIFT;
    }

    /// @inheritdoc IInferenceMarket
    function collateralUp(uint256 fee) public view returns (uint256) {
        return _bpsUp(fee, COLLATERAL_RATIO_BPS);
    }

    // ── Parts ────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The order that follows from a request.
    function _order(
        Request calldata asked,
        bytes memory model,
        bytes32 inputsRoot,
        bool privateInput
    ) private view returns (Order memory) {
        return
            Order({
                modelId: asked.modelId,
                programRoot: ModelRecord.programRoot(model),
                paramsRoot: ModelRecord.paramsRoot(model),
                inputsRoot: inputsRoot,
                seed: asked.seed,
                symbols: asked.symbols,
                requester: msg.sender,
                callback: asked.callback,
                details: DetailsLib.pack(
                    asked.calls,
                    asked.callbackGas,
                    ModelRecord.windowSeconds(model),
                    asked.acceptSeconds,
                    asked.answerSeconds,
                    asked.finality,
                    privateInput,
                    asked.salt
                )
            });
    }

    /// Checks a request and stores its claim.
    function _open(Request calldata asked, bytes memory model, Order memory order) private returns (uint256 claimId) {
        claimId = uint256(keccak256(abi.encode(block.chainid, address(this), order))) >> ID_SHIFT;
        // INVARIANT: a claim id is used once.
        if (_states[claimId].status() != Status.None) revert InferenceMarket_AlreadyRequested(claimId);
        // INVARIANT: the number of calls is one that the program allows.
        (uint32 least, uint32 greatest) = (ModelRecord.leastCalls(model), ModelRecord.greatestCalls(model));
        if (asked.calls < least || asked.calls > greatest) {
            revert InferenceMarket_CallsOutOfBounds(asked.calls, least, greatest);
        }
        // INVARIANT: the fee is enough for every share of its collateral to be felt.
        if (asked.fee < LEAST_FEE_UNITS) revert InferenceMarket_FeeTooLow(asked.fee, LEAST_FEE_UNITS);
        // INVARIANT: an answer is due in time for its collateral to be still there.
        if (asked.answerSeconds > GREATEST_ANSWER_SECONDS) {
            revert InferenceMarket_AnswerTimeOutOfBounds(asked.answerSeconds, GREATEST_ANSWER_SECONDS);
        }
        // INVARIANT: a fee stays in escrow for a bounded time.
        if (asked.reassignments > MAX_REASSIGNMENTS) {
            revert InferenceMarket_TooManyReassignments(asked.reassignments, MAX_REASSIGNMENTS);
        }
        // INVARIANT: a callback fits in a block.
        if (asked.callbackGas > CALLBACK_GREATEST_GAS) {
            revert InferenceMarket_CallbackGasTooHigh(asked.callbackGas, CALLBACK_GREATEST_GAS);
        }
        _states[claimId] = ClaimStateLib.requested(
            asked.fee,
            uint40(block.timestamp + asked.acceptSeconds),
            asked.provider,
            ModelRecord.providerBudgetSeconds(model),
            ModelRecord.challengerBudgetSeconds(model),
            asked.reassignments,
            asked.callback != address(0) && asked.finality == Finality.Final
        );
    }

    /// Takes a fee into escrow: from the caller's credit where that suffices, else by transfer.
    function _escrow(uint256 fee) private {
        uint256 credit = credits[msg.sender];
        if (credit >= fee) credits[msg.sender] = credit - fee;
        else _pull(fee);
    }

    /// Binds an answer to a claim and opens its window.
    function _post(
        Order calldata order,
        bytes32 outputsRoot,
        bool isInline
    ) private returns (uint256 claimId, uint40 windowEnd) {
        claimId = idOf(order);
        ClaimState state = _in(claimId, Status.Accepted);
        _requireBefore(claimId, state);
        // INVARIANT: an answer is its provider's own; a copy answers nothing.
        if (STAKING.providerOf(msg.sender) != state.provider()) {
            revert InferenceMarket_NotProvider(claimId, msg.sender);
        }
        windowEnd = uint40(block.timestamp + order.details.windowSeconds());
        state = state.withStatus(Status.Posted).withTime(windowEnd);
        _states[claimId] = isInline ? state.withInline() : state;
        _claimHashes[claimId] = _claimHash(order, outputsRoot);
    }

    /// Pays the provider of a claim that stands.
    function _finalise(uint256 claimId, ClaimState state) private {
        _requireAfter(claimId, state);
        if (state.isDisputed()) {
            uint256 open = _disputes[claimId].open;
            // INVARIANT: nobody is paid while a dispute is open.
            if (open != 0) revert InferenceMarket_DisputeOpen(claimId, open);
        }
        uint256 fee = state.fee();
        uint32 provider = state.provider();
        _states[claimId] = state.withStatus(Status.Final);
        earnings[provider] += fee;
        emit Finalised(claimId, provider, fee);
        STAKING.unlock(provider, collateralUp(fee), state.traceSeconds());
    }

    /// What a game plays by.
    function _terms(uint256 claimId, ClaimState state) private view returns (IClaimHolder.Terms memory) {
        return
            IClaimHolder.Terms({
                claimHash: _claimHashes[claimId],
                operator: STAKING.operatorOf(state.provider()),
                providerBudget: state.providerBudget(),
                challengerBudget: state.challengerBudget(),
                traceFee: TRACE_FEE_WEI,
                delayFee: DELAY_FEE_WEI
            });
    }

    /// Gives a fee back, with something on top.
    function _refund(
        uint256 claimId,
        ClaimState state,
        Status status,
        Ending ending,
        address requester,
        uint256 onTop
    ) private {
        uint256 amount = state.fee() + onTop;
        _states[claimId] = state.withStatus(status);
        credits[requester] += amount;
        emit Refunded(claimId, requester, ending, amount);
    }

    /// Calls a consumer with exactly the gas it asked for. What it returns is not copied, that it reverts changes nothing.
    function _call(
        Order calldata order,
        uint256 claimId,
        bytes32 outputsRoot,
        bytes calldata descriptions,
        bytes calldata outputs
    ) private {
        bytes memory data = abi.encodeCall(
            IInferenceConsumer.onInference,
            (
                Inference({
                    claimId: claimId,
                    modelId: order.modelId,
                    inputsRoot: order.inputsRoot,
                    outputsRoot: outputsRoot,
                    privateInput: order.details.privateInput(),
                    finality: order.details.finality(),
                    descriptions: descriptions,
                    outputs: outputs
                })
            )
        );
        (address consumer, uint256 allowance) = (order.callback, order.details.callbackGas());
        uint256 needed = (allowance * 64) / 63 + CALL_RESERVE_GAS;
        // INVARIANT: whoever ends a claim cannot starve its consumer: the EVM passes on at most 63/64.
        if (gasleft() < needed) revert InferenceMarket_TooLittleGas(gasleft(), needed);
        bool succeeded;
        assembly ("memory-safe") {
            succeeded := call(allowance, consumer, 0, add(data, 32), mload(data), 0, 0)
        }
        emit CalledBack(claimId, consumer, order.details.finality(), succeeded);
    }

    function _claimHash(Order calldata order, bytes32 outputsRoot) private view returns (bytes32) {
        return
            Claim({
                programRoot: order.programRoot,
                paramsRoot: order.paramsRoot,
                inputsRoot: order.inputsRoot,
                outputsRoot: outputsRoot,
                seed: order.seed,
                symbols: order.symbols,
                calls: order.details.calls()
            }).hashClaim(address(this));
    }

    /// How a collateral is split. What rounding leaves over is burned.
    function _split(uint256 collateral) private view returns (Split memory split) {
        split.reward = (collateral * SLASH_CHALLENGER_BPS) / BPS;
        split.gas = (collateral * SLASH_GAS_BPS) / BPS;
        split.requester = (collateral * (BPS - SLASH_BURN_BPS - SLASH_CHALLENGER_BPS - SLASH_GAS_BPS)) / BPS;
        split.burned = collateral - split.reward - split.gas - split.requester;
    }

    /// Takes tokens from the caller.
    function _pull(uint256 amount) private {
        uint256 before = TOKEN.balanceOf(address(this));
        TOKEN.safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = TOKEN.balanceOf(address(this)) - before;
        // INVARIANT: the balance grows by exactly what is booked.
        if (received != amount) revert InferenceMarket_TokenTookFee(amount, received);
    }

    /// Pays tokens out, fetching slashed ones first where they are needed.
    function _pay(address to, uint256 amount) private {
        if (TOKEN.balanceOf(address(this)) < amount) STAKING.collect();
        TOKEN.safeTransfer(to, amount);
    }

    /// The state of a claim that must be in a status.
    function _in(uint256 claimId, Status status) private view returns (ClaimState state) {
        state = _states[claimId];
        // INVARIANT: each step follows its own predecessor only.
        if (state.status() != status) revert InferenceMarket_WrongStatus(claimId, state.status());
    }

    function _requireBefore(uint256 claimId, ClaimState state) private view {
        // INVARIANT: a step is in time strictly before its deadline, and the next begins with it.
        if (block.timestamp >= state.time()) revert InferenceMarket_TooLate(claimId, state.time());
    }

    function _requireAfter(uint256 claimId, ClaimState state) private view {
        // INVARIANT: a deadline is over from its second on.
        if (block.timestamp < state.time()) revert InferenceMarket_TooEarly(claimId, state.time());
    }

    function _isConvicted(ClaimState state) private pure returns (bool) {
        return state.status() == Status.Convicted || state.status() == Status.Settled;
    }

    function _requireAtMost(uint256 value, uint256 greatest) private pure {
        // INVARIANT: a parameter is in its range.
        if (value > greatest) revert InferenceMarket_ParameterOutOfRange(value, greatest);
    }

    function _bpsUp(uint256 amount, uint256 bps) private pure returns (uint256) {
        return (amount * bps + BPS - 1) / BPS;
    }
}
